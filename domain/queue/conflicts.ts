// Conflicts as the queue, the unit and the agent speak of them.

import type { Conflict } from '../../contracts/conflict.ts';
/** Conflicts that travel in a message; the agent is told all of them, which its host finds by merging again. */
export const conflictsShown = 50;

/** What a message says of conflicts. Before there were kinds, paths carried them in parentheses, unless it was `contents`. */
interface Reported {
  readonly paths: readonly string[];
  readonly conflicts?: readonly Conflict[];
}

export function conflictsOf({ paths, conflicts }: Reported): readonly Conflict[] {
  return conflicts ?? paths.map(readShown);
}

function readShown(shown: string): Conflict {
  const [, path, kind] = /^(.*) \(([a-z/ ]+)\)$/s.exec(shown) ?? [];
  return path === undefined || kind === undefined ? { path: shown, kind: 'contents' } : { path, kind };
}

/** For people: the kind is said where it is not the usual one. */
export function describeConflict({ path, kind }: Conflict): string {
  return kind === 'contents' ? path : `${path} (${kind})`;
}
