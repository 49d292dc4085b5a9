// Lock files that both the target and the unit changed and that git merged line by line without a conflict. No package
// manager may have written such a file, so a red verification names it, with the command that regenerates it. Files that
// the merge queue makes again are not among them.

import type { Config } from '../../../contracts/documents/config.ts';
import type { Sha } from '../../../contracts/ids.ts';
import { diffTrees, hasCommit } from '../../../git/tree-reader.ts';
import { generatedFiles } from '../../../formats/generated/rules.ts';
import { isChecksumFile, remakeCommand } from '../../../domain/queue/lock-files.ts';

interface Merge {
  readonly base: Sha;
  readonly target: Sha;
  readonly candidate: Sha;
  /** Of `target`. */
  readonly config: Config;
}

/** Most files named in a message; a repository with more has the same problem in each. */
const most = 20;

/** Empty if the base is missing here, for example after a forced push. */
export async function mergedLocks(gitDir: string, { base, target, candidate, config }: Merge): Promise<string[]> {
  if (gitDir === '' || base === target || !(await hasCommit(gitDir, base))) return [];
  const [theirs, mine] = await Promise.all([diffTrees(gitDir, base, target), diffTrees(gitDir, target, candidate)]);
  const changed = new Set(theirs.map(({ path }) => path));
  const rules = generatedFiles(config.queue.regenerate ?? [], []);
  const isMadeAgain = (path: string): boolean => rules.some((files) => files.writes(path));
  const locks = mine.map(({ path }) => path).filter((path) => changed.has(path) && isLock(path) && !isMadeAgain(path));
  return locks.slice(0, most);
}

function isLock(path: string): boolean {
  return remakeCommand(path) !== null && !isChecksumFile(path);
}
