// Moves the target branch to a verified candidate by compare-and-swap: from exactly the commit that it was built on, by
// fast-forward, or not at all.
// Safe to run twice: a target that is at the candidate, or past it, counts as landed.

import type { LandResult, LandTrainInput } from '../../../contracts/activities/landing.ts';
import type { LocalRepository } from '../../repository/local-repository.ts';
import type { Sha } from '../../../contracts/ids.ts';
import { failure } from '../../../contracts/failures.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { fetchBranch, isAncestor } from '../../repository/mirror.ts';
import { fetchTrain } from '../build/train-ref.ts';
import { parentsOf } from '../../../git/tree-reader.ts';
import { pushRefs } from '../../../git/remote.ts';
import { tookLanding } from './took-landing.ts';

export async function landTrain(repository: LocalRepository, input: LandTrainInput): Promise<LandResult> {
  const { state, origin } = repository;
  const { context, target, commit, source } = input;
  await fetchTrain(repository, source);
  if (!(await isBuiltOn(state, target, commit))) {
    throw failure('GitFailed', `the candidate ${commit} was not built on ${target}`);
  }
  const ref = `refs/heads/${context.branch}`;
  for (let tries = 1; ; tries++) {
    const outcome = (await pushRefs(state, origin, [{ ref, commit, lease: target }])).get(ref);
    if (outcome === undefined) throw failure('GitFailed', `the remote gave no answer for ${ref}`);
    switch (outcome.status) {
      case 'pushed':
        tookLanding(repository, context.branch, { from: target, to: commit });
        return { status: 'landed' };
      case 'refused':
        return { status: 'refused', message: outcome.message };
      case 'stale': {
        // Perhaps because the branch has the candidate already.
        const tip = await fetchBranch(repository, context.branch);
        if (await isAncestor(state, commit, tip)) return { status: 'landed' };
        if (tip !== target) return { status: 'moved' };
        // It is where it was, and the remote cannot move it: a lock that was left behind, say.
        if (tries === pushes) return { status: 'refused', message: outcome.message ?? 'the branch could not be moved' };
        await sleep(pauseMs);
      }
    }
  }
}

/** How often a push is tried of which the remote says that the branch is elsewhere, although it is not. */
const pushes = 3;
const pauseMs = 1_000;

/** How far to look without starting a program. Most trains are shorter. */
const nearby = 64;

async function isBuiltOn(state: string, target: Sha, candidate: Sha): Promise<boolean> {
  let commit: Sha | undefined = candidate;
  for (let left = nearby; left > 0 && commit !== undefined && commit !== target; left--) {
    [commit] = await parentsOf(state, commit);
  }
  return commit === target || isAncestor(state, target, candidate);
}
