// A unit's worktree and the state of its setup. If the setup fails with the unit's own change (or a merge) in the tree,
// the unit does not end: the agent is told, and gets the target's setup with its files on top. If it changes the
// setup's inputs, the worktree is remade.

import { errorText } from '../../../domain/errors.ts';
import type { OwnedWorktree, WorktreePlace } from '../worktree.ts';
import type { EgressNeed } from '../../../contracts/activities/agent.ts';
import type { Preparation, Watch } from './preparation.ts';
import type { Sha } from '../../../contracts/ids.ts';
import type { WorktreePool } from '../pool/worktree-pool.ts';
import { egressConsent } from './egress-need.ts';
import { failureType } from '../../../contracts/failures.ts';
import { inputsOf } from './fingerprint.ts';
import { lacksNetwork } from './setup-failure.ts';
import { sameFiles } from '../../../formats/setup/inputs.ts';
import { treeOf } from '../../../git/tree-reader.ts';

export interface SetupProblem {
  /** The failure's message: the command, how it ended, and the end of its output. */
  readonly message: string;
  /** What people may be asked to allow; null = the network is not what is missing, or they cannot grant it. */
  readonly wish: EgressNeed | null;
}

export interface UnitPreparation extends Preparation {
  /** Keys of the network wishes that people have granted. */
  readonly granted: readonly string[];
}

export interface SetUpWorktree {
  readonly worktree: OwnedWorktree;
  /** Null = the setup succeeded, or there is none. */
  readonly problem: SetupProblem | null;
  /** True if the setup would have to run again for the unit's work `tree`. */
  isStale(tree: Sha): Promise<boolean>;
  /** True if the setup's result may be out of date for `tree`, because its inputs are unknown. */
  isDoubtful(tree: Sha): Promise<boolean>;
}

/** Throws `SetupFailed` if the setup fails on the target itself, which no agent can fix. */
export async function openUnitWorktree(
  pool: WorktreePool,
  place: WorktreePlace,
  preparation: UnitPreparation,
  watch: Watch,
): Promise<SetUpWorktree> {
  const { state } = place.repository;
  const target = await treeOf(state, preparation.target);
  const { granted } = preparation;
  const { allowed: egress, need } = await egressConsent(state, { tree: place.tree, target }, { preparation, granted });
  const { worktree, problem, lacking } = await openOrTell(pool, place, { ...preparation, egress }, watch);
  const isStale = async (tree: Sha): Promise<boolean> => {
    const { setup } = preparation;
    if (setup === null || tree === place.tree) return false;
    const [now, then] = [
      await inputsOf(state, tree, setup, 'agent'),
      await inputsOf(state, place.tree, setup, 'agent'),
    ];
    // If the inputs are unknown, any change may be what a failed setup needs; a successful one is not run again.
    if (now.reads === 'everything' || then.reads === 'everything') return problem !== null;
    return !sameFiles(now.files, then.files);
  };
  const isDoubtful = async (tree: Sha): Promise<boolean> => {
    const { setup, purpose } = preparation;
    if (setup === null || tree === target || (purpose === 'verification' && tree === place.tree)) return false;
    return (await inputsOf(state, tree, setup, 'agent')).reads === 'everything';
  };
  const wish = problem === null || egress || !lacking ? null : await need();
  return { worktree, problem: problem === null ? null : { message: problem, wish }, isStale, isDoubtful };
}

async function openOrTell(
  pool: WorktreePool,
  place: WorktreePlace,
  preparation: Preparation,
  watch: Watch,
): Promise<{ worktree: OwnedWorktree; problem: string | null; lacking: boolean }> {
  try {
    return { worktree: await pool.openWorktree(place, preparation, watch), problem: null, lacking: false };
  } catch (error) {
    const isOwn = place.tree !== (await treeOf(place.repository.state, preparation.target));
    if (failureType(error) !== 'SetupFailed' || !isOwn) throw error;
    const problem = errorText(error);
    const worktree = await pool.openOverTarget(place, { ...preparation, purpose: 'agent' }, watch);
    return { worktree, problem, lacking: lacksNetwork(error) };
  }
}
