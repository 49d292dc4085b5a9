// The merge queue that ours is compared with: batch and bisect, as bors does it. It is computed, not run, and nothing but
// verifications takes time. Like our queue, it repeats a lone red entry once before it ejects it.

import { type SeededUnits, isFlake } from './seeded-units.ts';

export interface BatchRules {
  readonly batch: number;
  /** Verifications at once, of the parts of one batch; the next batch waits until the last part is decided. */
  readonly slots: number;
  /** How often a lone red entry is verified again. */
  readonly retries: number;
  /**
   * What becomes of parts that were green at the same time. `both-land`: they land together, although nobody has
   * verified them together; no real queue may do that. `first-lands`: the others are verified again on top of it.
   */
  readonly together: 'both-land' | 'first-lands';
}

export interface Landings {
  readonly seconds: number;
  readonly landed: number;
  /** Good ones that were ejected. */
  readonly wrong: number;
  readonly verifications: number;
}

interface Part {
  readonly units: readonly string[];
  readonly tries: number;
}

/** `verifySeconds`: one verification. */
export function batchAndBisect(units: SeededUnits, rules: BatchRules, verifySeconds: number): Landings {
  const { names, bad, seed } = units;
  const landed: string[] = [];
  const seen = new Map<string, number>();
  let [rounds, wrong, verifications] = [0, 0, 0];
  const isGreen = (part: readonly string[]): boolean => {
    const tree = [...landed, ...part];
    const nth = (seen.get(tree.join()) ?? 0) + 1;
    seen.set(tree.join(), nth);
    return !part.some((unit) => bad.has(unit)) && !isFlake(seed, tree, nth);
  };
  for (let at = 0; at < names.length; at += rules.batch) {
    let open: Part[] = [{ units: names.slice(at, at + rules.batch), tries: 0 }];
    while (open.length > 0) {
      // All verifications take the same time, so those that begin together end together.
      const now = open.slice(0, rules.slots);
      rounds += 1;
      verifications += now.length;
      const verdicts = now.map((part) => ({ part, green: isGreen(part.units) }));
      const first = verdicts.find(({ green }) => green)?.part;
      const next = verdicts.flatMap(({ part, green }): Part[] => {
        if (green) {
          if (rules.together === 'first-lands' && part !== first) return [part];
          landed.push(...part.units);
          return [];
        }
        const [only] = part.units;
        if (part.units.length === 1 && only !== undefined) {
          if (part.tries < rules.retries) return [{ ...part, tries: part.tries + 1 }];
          if (!bad.has(only)) wrong += 1;
          return [];
        }
        const half = Math.ceil(part.units.length / 2);
        return [part.units.slice(0, half), part.units.slice(half)].map((halves) => ({ units: halves, tries: 0 }));
      });
      open = [...next, ...open.slice(rules.slots)];
    }
  }
  return { seconds: rounds * verifySeconds, landed: landed.length, wrong, verifications };
}
