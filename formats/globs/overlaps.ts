// Finds units of a plan that may change the same files at the same time: their scopes cover one, and neither waits for the
// other. The second to land then has a conflict more often than not.

import type { PlanUnit } from '../../contracts/documents/plan.ts';
import type { UnitId } from '../../contracts/ids.ts';
import { areAmbiguous, coveredBy } from './path-globs.ts';
import { count } from '../../domain/text/count.ts';
import { orderOf } from '../../domain/plan/order.ts';

type Scoped = Pick<PlanUnit, 'id' | 'needs' | 'scope'>;

export interface Overlap {
  readonly units: readonly [UnitId, UnitId];
  /** Of the files that both may change, the first, and how many there are. */
  readonly path: string;
  readonly paths: number;
}

export interface Overlaps {
  /** In the order of the files. */
  readonly pairs: readonly Overlap[];
  /** Whether all files were looked at. */
  readonly isWhole: boolean;
}

/**
 * Units of files that are looked at. Where thousands of units may change each of thousands of files, looking at all would
 * take minutes.
 */
const mostLooks = 2_000_000;
/** Pairs named to people. */
const pairsShown = 5;

/**
 * Of the units that share a file, those that follow one another in the order of the plan: if they wait for each other, all
 * do. Units without a scope are not looked at.
 */
export function findOverlaps(units: readonly Scoped[], paths: readonly string[]): Overlaps {
  const { position, waitsFor } = orderOf(units);
  const found = new Map<string, Overlap>();
  const apart = new Set<string>();
  let looks = 0;
  for (const { path, paths: all, units: ids } of sharedFiles(units, paths)) {
    looks += ids.size;
    if (looks > mostLooks) return { pairs: [...found.values()], isWhole: false };
    const inOrder = [...ids].toSorted((a, b) => (position.get(a) ?? 0) - (position.get(b) ?? 0));
    for (const [at, later] of inOrder.entries()) {
      const earlier = inOrder[at - 1];
      if (earlier === undefined) continue;
      const pair = `${earlier} ${later}`;
      const known = found.get(pair);
      if (known !== undefined) found.set(pair, { ...known, paths: known.paths + all });
      else if (!apart.has(pair)) {
        if (waitsFor(later, earlier)) apart.add(pair);
        else found.set(pair, { units: [earlier, later], path, paths: all });
      }
    }
  }
  return { pairs: [...found.values()], isWhole: true };
}

interface SharedFiles {
  /** The first of them. */
  readonly path: string;
  readonly paths: number;
  readonly units: ReadonlySet<UnitId>;
}

/** Files that the same globs cover, and so the same units, together. */
function* sharedFiles(units: readonly Scoped[], paths: readonly string[]): Generator<SharedFiles> {
  const unitsOf = new Map<string, UnitId[]>();
  for (const { id, scope } of units) for (const glob of new Set(scope)) add(unitsOf, glob, id);
  const covered = coveredBy(unitsOf.keys(), paths);
  const globsOf = new Map<string, string[]>();
  for (const glob of unitsOf.keys()) for (const path of filesOf(glob, covered)) add(globsOf, path, glob);
  const together = new Map<string, string[]>();
  for (const [path, globs] of globsOf) add(together, globs.join('\n'), path);
  for (const [globs, [path = '', ...others]] of together) {
    const ids = new Set(globs.split('\n').flatMap((glob) => unitsOf.get(glob) ?? []));
    yield { path, paths: others.length + 1, units: ids };
  }
}

function add<Value>(lists: Map<string, Value[]>, key: string, value: Value): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

/** What a glob covers; a file that it names and that is still to be created is one, too. */
function filesOf(glob: string, covered: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const files = covered.get(glob) ?? [];
  return files.length === 0 && !/[*?\\]/.test(glob) && !areAmbiguous([glob]) && !glob.endsWith('/') ? [glob] : files;
}

/** A line for each pair, up to `pairsShown`, and how many more there are. */
export function explainOverlaps({ pairs, isWhole }: Overlaps, rule: 'serialize' | 'warn'): string[] {
  const lines = pairs.slice(0, pairsShown).map(({ units: [a, b], path, paths }) => {
    const files = paths === 1 ? path : `${path} and ${count(paths - 1, 'more file')}`;
    return rule === 'warn'
      ? `${a} and ${b} may change ${files} at the same time: let one need the other, make their scopes smaller, or set run.overlap to serialize`
      : `${b} starts when ${a} has ended, since both may change ${files}`;
  });
  const more = pairs.length - pairsShown;
  const others = rule === 'warn' ? 'may change the same files' : 'do not start together';
  return [
    ...lines,
    ...(more > 0 ? [`and ${more} more pairs of units ${others}`] : []),
    ...(isWhole ? [] : ['the scopes of the plan share so many files that not all were looked at']),
  ];
}

/** The plan's units, of which those that may change one file come one after the other. */
export function serialized(units: readonly PlanUnit[], { pairs }: Overlaps): PlanUnit[] {
  const after = new Map<string, UnitId[]>();
  for (const {
    units: [earlier, later],
  } of pairs)
    add(after, later, earlier);
  return units.map((unit) => {
    const others = after.get(unit.id);
    return others === undefined ? unit : { ...unit, after: others };
  });
}
