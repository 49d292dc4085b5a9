// Opens a candidate for verification, and decides who is at fault if its setup fails. If the change touches nothing
// that the failed command reads, the setup is tried on the target: if it fails there too, the target or this host is at
// fault, and no agent is told to fix it.

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

/** Throws `SetupFailed` if the change is at fault, `TargetSetupFailed` if the target or this host is. */
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
  // The failure may have been temporary, such as an unreachable registry. If not, the change causes it.
  return open(candidate);
}

/** False for a setup that lacks the network: it is not at fault, and has a verdict of its own. */
async function mayBeTheTargets(error: unknown, { candidate, target, setup, gitDir }: Opening): Promise<boolean> {
  const command = failedCommand(error);
  if (setup === null || command === null || lacksNetwork(error)) return false;
  // If a setup both installs and builds, perhaps only the install failed.
  const failed = { ...setup, run: command };
  const inputs = async (commit: Sha) => inputsOf(gitDir(), await treeOf(gitDir(), commit), failed, 'verification');
  const [mine, before] = [await inputs(candidate), await inputs(target)];
  if (mine.reads !== 'files' || before.reads !== 'files') return false;
  return sameFiles(mine.files, before.files);
}
