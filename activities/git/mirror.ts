// Bringing commits of the target into the mirror. Fetches are serialised per mirror by its lock.
// Safe to run twice: a fetch moves refs to what the remote has, however often.

import type { Sha } from '../../domain/ids.ts';
import type { LocalRepository } from './local-repository.ts';
import { failure } from '../../domain/failures.ts';
import { fetchRefs, listRemote } from '../../git/remote.ts';
import { runGit } from '../../git/run-git.ts';
import { commitAt, hasCommit, parentsOf } from '../../git/tree-reader.ts';
import { inertText } from '../../git/inert-text.ts';
import { missingBranch } from '../../git/inspect-target.ts';
import { withFileLock } from './file-lock.ts';

/** Answers the branch's tip. Throws `RepositoryUnreachable`, `RepositoryEmpty`, `BranchMissing`. */
export async function fetchBranch(repository: LocalRepository, branch: string): Promise<Sha> {
  const { lock, fetches } = repository;
  // One that has not begun yet serves everybody who comes before it does.
  const waiting = fetches.get(branch);
  if (waiting !== undefined) return waiting;
  const begin = (): boolean => fetches.delete(branch);
  const fetching = withFileLock(lock, () => {
    begin();
    return fetchNow(repository, branch);
  }).finally(() => fetches.get(branch) === fetching && begin());
  fetches.set(branch, fetching);
  return fetching;
}

async function fetchNow(repository: LocalRepository, branch: string): Promise<Sha> {
  const { mirror, origin, upkeep } = repository;
  const ref = `refs/heads/${branch}`;
  if ((await fetchRefs(mirror, origin, [`+${ref}:${ref}`])) === 'missing') {
    throw missingBranch(origin, branch, await listRemote(origin));
  }
  const tip = await commitAt(mirror, ref);
  if (tip === null) throw failure('GitFailed', `${ref} of ${inertText(origin.url)} is not a commit`);
  upkeep.grown();
  return tip;
}

/**
 * Makes sure that the mirror has a commit: from the target's branch, from the state repository (a base that was
 * force-pushed away, a candidate), or by its id.
 */
export async function ensureInMirror(repository: LocalRepository, commit: Sha, branch: string | null): Promise<void> {
  const { mirror, state, origin, lock } = repository;
  if (await hasCommit(mirror, commit)) return;
  if (branch !== null) {
    await fetchBranch(repository, branch);
    if (await hasCommit(mirror, commit)) return;
  }
  await withFileLock(lock, async () => {
    if (await hasCommit(state, commit)) {
      const quiet = ['--quiet', '--no-tags', '--no-write-fetch-head', '--no-auto-maintenance'];
      await runGit(mirror, ['fetch', ...quiet, '--', state, commit], { transports: ['file'] });
    } else if ((await fetchRefs(mirror, origin, [commit])) === 'missing') {
      throw failure('GitFailed', `${inertText(origin.url)} no longer has commit ${commit}`);
    }
  });
}

export async function isAncestor(gitDir: string, ancestor: Sha, commit: Sha): Promise<boolean> {
  if (ancestor === commit || (await parentsOf(gitDir, commit)).includes(ancestor)) return true;
  const args = ['merge-base', '--is-ancestor', ancestor, commit];
  const { exitCode } = await runGit(gitDir, args, { accept: [0, 1] });
  return exitCode === 0;
}
