// Conflicts that units are repairing while the queue continues. If an entry conflicts in the same files, it is not
// returned too: it would need another repair once the first one has landed, and of many units that change one line,
// each would be repaired once for every other. It waits in the queue until that repair has landed, was given up, or
// takes too long.

import type { Conflict } from '../../contracts/conflict.ts';
import { type Entry, type EntryId, isOf, nameOf } from './entry.ts';

export interface Repair extends EntryId {
  readonly paths: readonly string[];
  /** When the unit was last returned or last came back, ISO 8601. */
  readonly since: string;
}

/** How long others wait for one repair: it may need a person, or its unit may have vanished. */
const repairSeconds = 1800;

export function isFresh({ since }: Repair, at: string): boolean {
  return Date.parse(at) - Date.parse(since) < repairSeconds * 1000;
}

/** The repair that an entry with these conflicts waits for. */
export function repairOf(
  repairs: readonly Repair[],
  own: EntryId,
  conflicts: readonly Conflict[],
  at: string,
): Repair | undefined {
  const paths = new Set(conflicts.map(({ path }) => path));
  return repairs.find((each) => !isOf(each, own) && isFresh(each, at) && each.paths.some((path) => paths.has(path)));
}

export function without(repairs: readonly Repair[], own: EntryId): readonly Repair[] {
  return repairs.filter((each) => !isOf(each, own));
}

/** Whether a unit's result waits for the repair of another, or for one that waits for it. */
export function waitsFor(waiting: readonly Entry[], whose: EntryId, other: EntryId): boolean {
  const seen = new Set<string>();
  for (let at: EntryId = whose; !seen.has(nameOf(at));) {
    seen.add(nameOf(at));
    const hold = waiting.find((entry) => isOf(entry, at) && entry.hold?.why === 'repair')?.hold;
    if (hold?.why !== 'repair') return false;
    if (isOf(hold, other)) return true;
    at = hold;
  }
  return false;
}
