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

/** Pairs looked for; a plan with more has them everywhere. */
const mostPairs = 200;
/** Files of units that are looked at: where thousands of units may change thousands of files, the first ones show it. */
const mostLooks = 500_000;
/** Pairs named to people. */
const pairsShown = 5;

/**
 * Of the units that share a file, those that follow one another in the order of the plan: if they wait for each other, all
 * do. Units without a scope are not looked at.
 */
export function findOverlaps(units: readonly Scoped[], paths: readonly string[]): Overlap[] {
  const scoped = units.filter(({ scope }) => scope !== null);
  const covered = coveredBy(
    scoped.flatMap(({ scope }) => scope ?? []),
    paths,
  );
  const { position, waitsFor } = orderOf(units);
  const [unitsOf, globsOf] = [new Map<string, UnitId[]>(), new Map<string, string[]>()];
  for (const { id, scope } of scoped) for (const glob of new Set(scope)) add(unitsOf, glob, id);
  for (const glob of unitsOf.keys()) for (const path of filesOf(glob, covered)) add(globsOf, path, glob);
  const found = new Map<string, Overlap>();
  const apart = new Set<string>();
  let looks = 0;
  for (const [path, globs] of globsOf) {
    const ids = new Set(globs.flatMap((glob) => unitsOf.get(glob) ?? []));
    looks += ids.size;
    if (looks > mostLooks) break;
    const inOrder = [...ids].toSorted((a, b) => (position.get(a) ?? 0) - (position.get(b) ?? 0));
    for (const [at, later] of inOrder.entries()) {
      const earlier = inOrder[at - 1];
      if (earlier === undefined) continue;
      const pair = `${earlier} ${later}`;
      const known = found.get(pair);
      if (known !== undefined) found.set(pair, { ...known, paths: known.paths + 1 });
      else if (found.size < mostPairs && !apart.has(pair)) {
        if (waitsFor(later, earlier)) apart.add(pair);
        else found.set(pair, { units: [earlier, later], path, paths: 1 });
      }
    }
  }
  return [...found.values()];
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
export function explainOverlaps(units: readonly Scoped[], paths: readonly string[]): string[] {
  const overlaps = findOverlaps(units, paths);
  const lines = overlaps.slice(0, pairsShown).map(({ units: [a, b], path, paths: all }) => {
    const more = all === 1 ? '' : ` and ${count(all - 1, 'more file')}`;
    return `${a} and ${b} may change ${path}${more} at the same time: let one need the other, or make their scopes smaller`;
  });
  const more = overlaps.length - pairsShown;
  return more > 0
    ? [...lines, `and ${overlaps.length === mostPairs ? 'many' : more} more pairs of units may change the same files`]
    : lines;
}
