// Bringing commits of the target into the mirror. Fetches are serialised per mirror by its lock.
// Safe to run twice: a fetch moves refs to what the remote has, however often.

import type { Sha } from '../../contracts/ids.ts';
import type { LocalRepository } from './local-repository.ts';
import { failure } from '../../contracts/failures.ts';
import { fetchRefs, listRemote, unusable } from '../../git/remote.ts';
import { unreadableRef } from '../../git/unusable.ts';
import { runGit } from '../../git/run-git.ts';
import { commitAt, hasCommit, parentsOf } from '../../git/tree-reader.ts';
import { inertText } from '../../git/inert-text.ts';
import { missingBranch } from '../../git/inspect-target.ts';
import { withFileLock } from '../host/file-lock.ts';

/** Answers the branch's tip. Throws `RepositoryUnreachable`, `RepositoryUnusable`, `RepositoryEmpty`, `BranchMissing`. */
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
  const fetched = (): ReturnType<typeof fetchRefs> => fetchRefs(mirror, origin, [`+${ref}:${ref}`]);
  if ((await fetched()) === 'missing') {
    const listed = await listRemote(origin);
    if (!listed.refs.has(ref)) throw missingBranch(origin, branch, listed);
    // It is listed: somebody moved it meanwhile, or what it names is not there.
    if ((await fetched()) === 'missing') throw unusable(origin, unreadableRef(branch));
  }
  const tip = await commitAt(mirror, ref);
  if (tip === null) throw unusable(origin, unreadableRef(branch));
  upkeep.grown();
  return tip;
}

/** The branch's tip as the remote has it, without fetching it; null when there is no such branch. */
export async function tipOf({ origin }: LocalRepository, branch: string): Promise<Sha | null> {
  const ref = `refs/heads/${branch}`;
  return (await listRemote(origin, [ref])).refs.get(ref) ?? null;
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
