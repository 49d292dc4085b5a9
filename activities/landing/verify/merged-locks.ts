// Lock files that both the target and the unit changed and that git merged line by line without a conflict. No package
// manager may have written such a file, so a red verification names it, with the command that regenerates it. Files that
// the merge queue makes again are not among them.

import type { Config } from '../../../contracts/documents/config.ts';
import type { Sha } from '../../../contracts/ids.ts';
import { type CompareTrees, textOf } from '../../../git/trees.ts';
import { generatedFiles } from '../../../formats/generated/rules.ts';
import { isChecksumFile, remakeCommand } from '../../../domain/queue/lock-files.ts';

/** Trees. */
interface Merge {
  readonly base: Sha;
  readonly target: Sha;
  readonly candidate: Sha;
  /** Of `target`. */
  readonly config: Config;
}

/** Most files named in a message; a repository with more has the same problem in each. */
const most = 20;

export async function mergedLocks(
  compare: CompareTrees,
  { base, target, candidate, config }: Merge,
): Promise<string[]> {
  const rules = generatedFiles(config.queue.regenerate ?? [], []);
  const isMadeAgain = (path: string): boolean => rules.some((files) => files.writes(path));
  const mine = (await compare(target, candidate)).map(({ path }) => path).filter((path) => isLock(textOf(path)));
  if (mine.length === 0) return [];
  const changed = new Set((await compare(base, target)).map(({ path }) => path));
  return mine
    .filter((path) => changed.has(path) && !isMadeAgain(textOf(path)))
    .map(textOf)
    .slice(0, most);
}

function isLock(path: string): boolean {
  return remakeCommand(path) !== null && !isChecksumFile(path);
}
