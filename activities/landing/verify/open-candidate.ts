// Opens a candidate for its verification, and finds out whose fault it is when its setup fails. If the change touches
// nothing that the failed command reads, the command is tried on the target: if it fails there too, the target or this
// host is at fault, and no agent is told to fix it.

import type { Worktree } from '../../worktrees/worktree.ts';
import type { Sha } from '../../../contracts/ids.ts';
import type { SetupCommand } from '../../../contracts/documents/config.ts';
import { failedCommand, lacksNetwork, setupOutput } from '../../worktrees/setup/setup-failure.ts';
import { failure, failureType } from '../../../contracts/failures.ts';
import { inputsOf } from '../../worktrees/setup/fingerprint.ts';
import { sameFiles } from '../../../formats/setup/inputs.ts';
import { treeOf } from '../../../git/tree-reader.ts';

export interface Opening {
  readonly candidate: Sha;
  readonly target: Sha;
  readonly setup: SetupCommand | null;
  /** A prepared worktree at a commit. Throws `SetupFailed`. */
  open(commit: Sha): Promise<Worktree>;
  /** A git directory that has both commits. */
  gitDir(): string;
}

/** Throws `SetupFailed` when the change is at fault, `TargetSetupFailed` when the target or this host is. */
export async function openCandidate(opening: Opening): Promise<Worktree> {
  const { candidate, target, open } = opening;
  try {
    return await open(candidate);
  } catch (error) {
    if (!(await mayBeTheTargets(error, opening))) throw error;
  }
  try {
    await (await open(target)).remove();
  } catch (error) {
    if (failureType(error) !== 'SetupFailed') throw error;
    throw failure('TargetSetupFailed', setupOutput(error), { cause: error });
  }
  // It may have passed by: a registry that was away for a moment. If not, something in the change stands in the way.
  return open(candidate);
}

/** A setup that lacks the network is nobody's fault, and has a verdict of its own. */
async function mayBeTheTargets(error: unknown, { candidate, target, setup, gitDir }: Opening): Promise<boolean> {
  const command = failedCommand(error);
  if (setup === null || command === null || lacksNetwork(error)) return false;
  // When a setup installs and builds, perhaps only the installs failed.
  const failed = { ...setup, run: command };
  const inputs = async (commit: Sha) => inputsOf(gitDir(), await treeOf(gitDir(), commit), failed);
  const [mine, before] = [await inputs(candidate), await inputs(target)];
  if (mine.reads !== 'files' || before.reads !== 'files') return false;
  return sameFiles(mine.files, before.files);
}
