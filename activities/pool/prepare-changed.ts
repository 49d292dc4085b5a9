// A setup that wants the network, in a tree that is not the target's. What an agent has changed never meets the network:
// the setup runs on the target's files, with it; the agent's are put on top; and where the agent has changed what the
// setup reads, it runs once more, without. Policy may allow more.

import type { Sandbox } from '../sandbox/contract.ts';
import type { Sha } from '../../domain/ids.ts';
import { type OwnedWorktree, type WorktreePlace, makeWorktree } from '../git/worktrees.ts';
import { type Preparation, type Watch, prepare } from './preparation.ts';
import { applyTree } from '../git/apply-tree.ts';
import { failure, failureType } from '../../domain/failures.ts';
import { inputsOf } from './fingerprint.ts';
import { networkFor } from '../sandbox/policy.ts';
import { treeOf } from '../../git/tree-reader.ts';

/** A worktree with the files of `place.tree`, set up. Throws `SetupFailed`; then there is no worktree. */
export async function makePrepared(
  sandbox: Sandbox,
  place: WorktreePlace,
  preparation: Preparation,
  watch: Watch,
): Promise<OwnedWorktree> {
  const trusted = await trustedTree(place, preparation);
  const worktree = await makeWorktree(trusted === null ? place : { ...place, tree: trusted.tree });
  try {
    await prepare(sandbox, worktree, preparation, watch);
    if (trusted !== null) {
      await applyTree(place.repository, worktree, { from: trusted.tree, to: place.tree });
      if (trusted.again) await prepareAgain(sandbox, worktree, preparation, watch);
    }
    return worktree;
  } catch (error) {
    await worktree.remove();
    throw error;
  }
}

/** The target's tree, where the setup must run there; and whether it must run again afterwards. */
async function trustedTree(
  { repository, tree }: WorktreePlace,
  { setup, hostAllows, egress, target }: Preparation,
): Promise<{ readonly tree: Sha; readonly again: boolean } | null> {
  if (setup === null || egress || !networkFor('setup', setup.network ? 'setup' : 'none', hostAllows)) return null;
  const ofTarget = await treeOf(repository.state, target);
  if (tree === ofTarget) return null;
  const [changed, before] = [
    await inputsOf(repository.state, tree, setup),
    await inputsOf(repository.state, ofTarget, setup),
  ];
  if (changed.reads === 'everything' || before.reads === 'everything') {
    // Nobody knows what it reads: its result on the target is the best that can be had.
    return { tree: ofTarget, again: false };
  }
  const same = JSON.stringify(changed.files) === JSON.stringify(before.files);
  return same ? null : { tree: ofTarget, again: true };
}

async function prepareAgain(
  sandbox: Sandbox,
  worktree: OwnedWorktree,
  preparation: Preparation,
  watch: Watch,
): Promise<void> {
  try {
    await prepare(sandbox, worktree, { ...preparation, hostAllows: 'none' }, watch);
  } catch (error) {
    if (failureType(error) !== 'SetupFailed') throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw failure(
      'SetupFailed',
      `what the setup reads was changed, so it ran without the network (a rule of coppice.yaml can allow it: \`policy: [{ action: egress, decide: allow }]\`), and ${why}`,
    );
  }
}
