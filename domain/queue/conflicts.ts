// Conflicts, as the queue, the unit and the agent describe them.

import type { Conflict } from '../../contracts/conflict.ts';
/** Most conflicts in a message. The agent is told all of them: its host finds them by merging again. */
export const conflictsShown = 50;

/**
 * The conflicts in a message. Earlier releases had no `conflicts`; a kind other than `contents` followed the path in
 * parentheses.
 */
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

/** For people: names the kind unless it is the usual one. */
export function describeConflict({ path, kind }: Conflict): string {
  return kind === 'contents' ? path : `${path} (${kind})`;
}
