// Which changes of others most likely made a conflict or a red verification: those that touch the same files, then
// those that the failing command names, then those in the same folders.

/** A commit of the target, and the paths that it changes. */
export interface TargetChange<Id> {
  readonly id: Id;
  readonly paths: readonly string[];
}

export interface Near {
  /** Paths in conflict; of a red verification, the paths that the unit changes. */
  readonly paths: readonly string[];
  /** Output of the command that failed; empty = a conflict. */
  readonly output: string;
}

/** From the nearest to the farthest. */
const levels = ['same path', 'named', 'same folder', 'elsewhere'] as const;
type Level = (typeof levels)[number];

export interface NearChange<Id> extends TargetChange<Id> {
  /** The paths that make it near, first the nearest; all of its paths if none does. */
  readonly near: readonly string[];
}

/**
 * At most `most` of the changes, the nearest ones, in the order given (newest first). Of a conflict only the nearest
 * kind counts; a red verification may have its cause anywhere.
 */
export function nearestChanges<Id>(
  changes: readonly TargetChange<Id>[],
  near: Near,
  most: number,
): readonly NearChange<Id>[] {
  const levelOf = judge(near);
  const judged = changes.map((change, at) => {
    const found = change.paths.map((path) => ({ path, level: levels.indexOf(levelOf(path)) }));
    const level = Math.min(levels.length - 1, ...found.map((each) => each.level));
    const nearest = found.filter((each) => each.level < levels.indexOf('elsewhere'));
    const inOrder = (nearest.length > 0 ? nearest : found).toSorted((a, b) => a.level - b.level);
    return { ...change, at, level, near: inOrder.map(({ path }) => path) };
  });
  const best = Math.min(...judged.map(({ level }) => level));
  return judged
    .filter(({ level }) => near.output !== '' || level === best)
    .toSorted((a, b) => a.level - b.level || a.at - b.at)
    .slice(0, most)
    .toSorted((a, b) => a.at - b.at)
    .map(({ id, paths, near: nearPaths }) => ({ id, paths, near: nearPaths }));
}

function judge({ paths, output }: Near): (path: string) => Level {
  const own = new Set(paths);
  const folders = new Set(paths.map(folderOf));
  return (path) => {
    if (own.has(path)) return 'same path';
    if (names(output, path)) return 'named';
    return folders.has(folderOf(path)) ? 'same folder' : 'elsewhere';
  };
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}

/** A command may run in a folder of its own, so that it prints the end of a path. */
function names(output: string, path: string): boolean {
  if (output === '') return false;
  const tail = path.split('/').slice(-2).join('/');
  const at = output.indexOf(tail);
  return at !== -1 && !/[\w.-]/.test(output[at - 1] ?? ' ') && !/[\w-]/.test(output[at + tail.length] ?? ' ');
}
