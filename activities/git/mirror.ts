// Bringing commits of the target into the mirror. Fetches are serialised per mirror by its lock.
// Safe to run twice: a fetch moves refs to what the remote has, however often.

import type { Sha } from '../../domain/ids.ts';
import type { LocalRepository } from './local-repository.ts';
import { failure } from '../../domain/failures.ts';
import { fetchRefs, listRemote } from '../../git/remote.ts';
import { gitText, runGit } from '../../git/run-git.ts';
import { inertText } from '../../git/inert-text.ts';
import { missingBranch } from '../../git/inspect-target.ts';
import { asSha } from '../../domain/ids.ts';
import { withFileLock } from './file-lock.ts';

/** Answers the branch's tip. Throws `RepositoryUnreachable`, `RepositoryEmpty`, `BranchMissing`. */
export async function fetchBranch(repository: LocalRepository, branch: string): Promise<Sha> {
  const { mirror, origin, lock } = repository;
  const ref = `refs/heads/${branch}`;
  return withFileLock(lock, async () => {
    const before = await refValue(mirror, ref);
    if ((await fetchRefs(mirror, origin, [`+${ref}:${ref}`])) === 'missing') {
      throw missingBranch(origin, branch, await listRemote(origin));
    }
    const tip = asSha(await gitText(mirror, ['rev-parse', '--verify', `${ref}^{commit}`]));
    if (tip !== before) await runGit(mirror, ['commit-graph', 'write', '--reachable', '--split']);
    return tip;
  });
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

export async function hasCommit(gitDir: string, commit: Sha): Promise<boolean> {
  const { exitCode } = await runGit(gitDir, ['cat-file', '-e', `${commit}^{commit}`], { accept: [0, 1, 128] });
  return exitCode === 0;
}

export async function isAncestor(gitDir: string, ancestor: Sha, commit: Sha): Promise<boolean> {
  const args = ['merge-base', '--is-ancestor', ancestor, commit];
  const { exitCode } = await runGit(gitDir, args, { accept: [0, 1] });
  return exitCode === 0;
}

async function refValue(gitDir: string, ref: string): Promise<string | null> {
  const { stdout } = await runGit(gitDir, ['rev-parse', '--verify', '--quiet', ref], { accept: [0, 1] });
  return stdout.toString('utf8').trim() || null;
}
