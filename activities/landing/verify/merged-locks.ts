// Lock files that both the target and the unit changed and that git merged line by line without a conflict. No package
// manager may have written such a file, so a red verification names it, with the command that regenerates it.

import type { Sha } from '../../../contracts/ids.ts';
import { type CompareTrees, textOf } from '../../../git/trees.ts';
import { isChecksumFile, remakeCommand } from '../../../domain/queue/lock-files.ts';

/** Trees. */
interface Merge {
  readonly base: Sha;
  readonly target: Sha;
  readonly candidate: Sha;
}

/** Most files named in a message; a repository with more has the same problem in each. */
const most = 20;

export async function mergedLocks(compare: CompareTrees, { base, target, candidate }: Merge): Promise<string[]> {
  const mine = (await compare(target, candidate)).map(({ path }) => path).filter((path) => isLock(textOf(path)));
  if (mine.length === 0) return [];
  const changed = new Set((await compare(base, target)).map(({ path }) => path));
  return mine
    .filter((path) => changed.has(path))
    .map(textOf)
    .slice(0, most);
}

function isLock(path: string): boolean {
  return remakeCommand(path) !== null && !isChecksumFile(path);
}
