// Brings commits of the target into the mirror. The mirror's lock serialises fetches.
// Safe to run twice: a fetch sets refs to the remote's state, however often.

import type { Sha } from '../../contracts/ids.ts';
import type { LocalRepository } from './local-repository.ts';
import { failure } from '../../contracts/failures.ts';
import { fetchRefs, listRemote, unusable } from '../../git/remote.ts';
import { unreadableRef } from '../../git/unusable.ts';
import { errorText } from '../../domain/errors.ts';
import { gitText, runGit } from '../../git/run-git.ts';
import { commitAt, hasCommit, parentsOf } from '../../git/tree-reader.ts';
import { inertText } from '../../git/inert-text.ts';
import { missingBranch } from '../../git/inspect-target.ts';
import { fetchTags } from './tags.ts';
import { withFileLock } from '../host/file-lock.ts';

/**
 * Returns the branch's tip. Throws `RepositoryUnreachable`, `RepositoryUnusable`, `RepositoryEmpty`, `BranchMissing`.
 */
export async function fetchBranch(repository: LocalRepository, branch: string): Promise<Sha> {
  const { lock, fetches } = repository;
  // A fetch that has not started yet serves all callers until it starts.
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
  const fetched = (): ReturnType<typeof fetchRefs> => fetchOver(repository, ref);
  if ((await fetched()) === 'missing') {
    const listed = await listRemote(origin);
    if (!listed.refs.has(ref)) throw missingBranch(origin, branch, listed);
    // The branch is listed, so either it has just moved, or the object that it names is missing.
    if ((await fetched()) === 'missing') throw unusable(origin, unreadableRef(branch));
  }
  const tip = await commitAt(mirror, ref);
  if (tip === null) throw unusable(origin, unreadableRef(branch));
  await fetchTags(repository);
  repository.tips.set(branch, tip);
  upkeep.grown();
  return tip;
}

/** Where a branch `a` was replaced by `a/b`, or the other way round, the mirror's own ref of the old one goes first. */
async function fetchOver({ mirror, origin }: LocalRepository, ref: string): ReturnType<typeof fetchRefs> {
  const fetched = (): ReturnType<typeof fetchRefs> => fetchRefs(mirror, origin, [`+${ref}:${ref}`]);
  try {
    return await fetched();
  } catch (error) {
    if (!/cannot lock ref|unable to (?:create|update)|exists; cannot create/.test(errorText(error))) throw error;
    const all = await gitText(mirror, ['for-each-ref', '--format=%(refname)', 'refs/heads/']);
    const inTheWay = all
      .split('\n')
      .filter((other) => other !== '' && (other.startsWith(`${ref}/`) || ref.startsWith(`${other}/`)));
    if (inTheWay.length === 0) throw error;
    await runGit(mirror, ['update-ref', '--stdin'], { input: inTheWay.map((other) => `delete ${other}\n`).join('') });
    return fetched();
  }
}

/** The branch's tip on the remote, without fetching it; null if the branch does not exist. */
export async function tipOf({ origin }: LocalRepository, branch: string): Promise<Sha | null> {
  const ref = `refs/heads/${branch}`;
  return (await listRemote(origin, [ref])).refs.get(ref) ?? null;
}

/**
 * Ensures that the mirror has a commit: from the target's branch, from the state repository (a candidate, or a base
 * that was force-pushed away), or by its id.
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
