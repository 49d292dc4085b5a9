// Which units of a plan a path concerns, by their scopes. A unit without a scope may change anything: it is reached by
// what it has claimed, which the board knows.

import type { PlanUnit } from '../../contracts/documents/plan.ts';
import type { UnitId } from '../../contracts/ids.ts';
import { matchesAny } from '../../formats/globs/path-globs.ts';

type Scoped = Pick<PlanUnit, 'id' | 'scope' | 'needs'>;

/** Units that may change a file, or something in a folder. */
export function sharing(units: readonly Scoped[], path: string): UnitId[] {
  return units.filter(({ scope }) => scope?.some((glob) => touches(glob, path)) === true).map(({ id }) => id);
}

/** Units that may change one of these files, or that build on a unit that may. */
export function concernedBy(units: readonly Scoped[], files: readonly string[]): UnitId[] {
  const touched = new Set(
    units.filter(({ scope }) => scope !== null && files.some((file) => matchesAny(file, scope))).map(({ id }) => id),
  );
  return units
    .filter(({ id, needs }) => touched.has(id) || needs.some((need) => touched.has(need)))
    .map(({ id }) => id);
}

function touches(glob: string, path: string): boolean {
  // As a file, as a folder that the glob lies above, and as one that it lies below.
  return matchesAny(path, [glob]) || matchesAny(`${path}/x`, [glob]) || `${spelledOut(glob)}/`.startsWith(`${path}/`);
}

/** The folders that a glob names, up to its first wildcard. */
function spelledOut(glob: string): string {
  const names = glob.split('/');
  const wild = names.findIndex((name) => /[*?[{\\]/.test(name));
  return (wild === -1 ? names : names.slice(0, wild)).join('/');
}
