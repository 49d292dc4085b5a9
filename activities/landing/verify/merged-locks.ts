// Lock files that the target and the unit have both changed and that git has merged line by line without a conflict. Such
// a file may be one that no package manager has written: a red verification names it, with what makes it again.

import type { Sha } from '../../../contracts/ids.ts';
import { diffTrees, hasCommit } from '../../../git/tree-reader.ts';
import { isChecksumFile, remakeCommand } from '../../../domain/queue/lock-files.ts';

interface Merge {
  readonly base: Sha;
  readonly target: Sha;
  readonly candidate: Sha;
}

/** Named in a message; a repository with more of them has the same trouble in each. */
const most = 20;

/** None where the base is not here: after a forced push, say. */
export async function mergedLocks(gitDir: string, { base, target, candidate }: Merge): Promise<string[]> {
  if (gitDir === '' || base === target || !(await hasCommit(gitDir, base))) return [];
  const [theirs, mine] = await Promise.all([diffTrees(gitDir, base, target), diffTrees(gitDir, target, candidate)]);
  const changed = new Set(theirs.map(({ path }) => path));
  const locks = mine.map(({ path }) => path).filter((path) => changed.has(path) && isLock(path));
  return locks.slice(0, most);
}

function isLock(path: string): boolean {
  return remakeCommand(path) !== null && !isChecksumFile(path);
}
