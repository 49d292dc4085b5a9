// Moves the target branch to a verified candidate by compare-and-swap: from exactly the commit that it was built on, by
// fast-forward, or not at all.
// Safe to run twice: a target that is at the candidate, or past it, counts as landed.

import type { LandResult } from '../../../contracts/activities/landing.ts';
import type { LocalRepository } from '../../repository/local-repository.ts';
import type { Sha } from '../../../contracts/ids.ts';
import { failure } from '../../../contracts/failures.ts';
import { fetchBranch, isAncestor } from '../../repository/mirror.ts';
import { sizeOfChange } from '../../../git/count-lines.ts';
import { pushRefs } from '../../../git/remote.ts';

export interface Landing {
  readonly branch: string;
  readonly target: Sha;
  readonly candidate: Sha;
}

export async function landCandidate(repository: LocalRepository, landing: Landing): Promise<LandResult> {
  const { state, origin } = repository;
  const { branch, target, candidate } = landing;
  if (!(await isAncestor(state, target, candidate))) {
    throw failure('GitFailed', `the candidate ${candidate} was not built on ${target}`);
  }
  // Before the push, so that a landing that is tried again says the same.
  const size = await sizeOfChange(state, target, candidate);
  const ref = `refs/heads/${branch}`;
  const outcome = (await pushRefs(state, origin, [{ ref, commit: candidate, lease: target }])).get(ref);
  if (outcome === undefined) throw failure('GitFailed', `the remote gave no answer for ${ref}`);
  switch (outcome.status) {
    case 'pushed':
      return { status: 'landed', commit: candidate, size };
    case 'refused':
      return { status: 'refused', message: outcome.message };
    case 'stale':
      return (await hasLanded(repository, landing))
        ? { status: 'landed', commit: candidate, size }
        : { status: 'moved' };
  }
}

/** The target is not where the candidate was built, perhaps because it already contains the candidate. */
async function hasLanded(repository: LocalRepository, { branch, candidate }: Landing): Promise<boolean> {
  return isAncestor(repository.state, candidate, await fetchBranch(repository, branch));
}
