// The limits of a snapshot, for work that did not come from a worktree of ours: a person's result.

import type { Sha } from '../../../contracts/ids.ts';
import { compareTrees } from '../../../git/trees.ts';
import { lookUp } from '../../../git/object-reader.ts';
import { refusals } from './script.ts';
import { submoduleMode } from '../../../domain/repository/file-modes.ts';

const limits = { newFiles: 50_000, newBytes: 100_000_000, levels: 256 };

/** Why a tree is more than can be stored on top of another one; null = it is not. */
export async function explainExcess(gitDir: string, from: Sha, to: Sha): Promise<string | null> {
  const added = (await compareTrees(gitDir, from, to)).filter((each) => each.to !== null);
  if (added.filter((each) => each.from === null).length > limits.newFiles) return refusals[91] ?? '';
  if (added.some(({ path }) => path.split('/').length > limits.levels)) return refusals[94] ?? '';
  let bytes = 0;
  for (const { to: entry } of added) {
    if (entry === null || entry.mode === submoduleMode) continue;
    bytes += (await lookUp(gitDir, entry.id))?.size ?? 0;
    if (bytes > limits.newBytes) return refusals[92] ?? '';
  }
  return null;
}
