// A look at the target before anything is spent: is the repository there, what is the branch's tip and configuration, and
// will it take a push? Fetches one commit without history. Used by the client; changes nothing anywhere.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { failure } from '../domain/failures.ts';
import type { Sha } from '../domain/ids.ts';
import { type Remote, type RemoteRefs, fetchRefs, listRemote } from './remote.ts';
import { entryId, readBlob } from './tree-reader.ts';
import { reserved } from './read-checkpoint.ts';
import { withTemporaryRepository } from './state.ts';
import { inertText } from './inert-text.ts';
import { gitText, runGit } from './run-git.ts';

export interface Target {
  readonly branch: string;
  readonly tip: Sha;
  /** The text of `coppice.yaml` at the tip; null when there is none. */
  readonly configText: string | null;
}

/**
 * `branch` null = the one that the remote's HEAD names. Throws `BadInput` (no such local path, or a HEAD that names no branch),
 * `RepositoryUnreachable`, `RepositoryEmpty`, `BranchMissing`, `TargetCheckedOut`, `RepositoryRefused`.
 */
export async function inspectTarget(remote: Remote, branch: string | null): Promise<Target> {
  const local = remote.url.startsWith('/');
  if (local && !existsSync(remote.url)) throw failure('BadInput', `there is no repository at ${inertText(remote.url)}`);
  const listed = await listRemote(remote);
  const name = branch ?? headBranch(remote, listed);
  const tip = listed.refs.get(`refs/heads/${name}`);
  if (tip === undefined) throw missingBranch(remote, name, listed);
  if (local) await refuseCheckedOut(remote.url, name);
  return { branch: name, tip, configText: await readTip(remote, name) };
}

/** The failure for a branch that `listed` does not have: `RepositoryEmpty`, or `BranchMissing` with a few that exist. */
export function missingBranch(remote: Remote, branch: string, listed: RemoteRefs): Error {
  const branches = [...listed.refs.keys()].flatMap((ref) =>
    ref.startsWith('refs/heads/') ? [inertText(ref.slice('refs/heads/'.length))] : [],
  );
  const url = inertText(remote.url);
  if (branches.length === 0) return failure('RepositoryEmpty', `${url} has no commits yet`);
  const some = branches.slice(0, 5).join(', ') + (branches.length > 5 ? ', …' : '');
  return failure('BranchMissing', `${url} has no branch ${inertText(branch)}; it has ${some}`);
}

function headBranch(remote: Remote, listed: RemoteRefs): string {
  const url = inertText(remote.url);
  if (listed.head !== null) return listed.head;
  if (listed.refs.size === 0) throw failure('RepositoryEmpty', `${url} has no commits yet`);
  throw failure('BadInput', `the HEAD of ${url} names no branch; say which one is the target with --branch`);
}

async function readTip(remote: Remote, branch: string): Promise<string | null> {
  return withTemporaryRepository(async (gitDir) => {
    await fetchRefs(gitDir, remote, [`+refs/heads/${branch}:refs/heads/target`], { depth: 1 });
    if ((await entryId(gitDir, 'refs/heads/target', reserved)) !== null) {
      throw failure(
        'RepositoryRefused',
        `${inertText(remote.url)} has \`.coppice\` at its top, a name that Coppice reserves`,
      );
    }
    return readBlob(gitDir, 'refs/heads/target', 'coppice.yaml');
  });
}

/** A push to the branch that a local repository has checked out is refused by git, unless that repository allows it. */
async function refuseCheckedOut(path: string, branch: string): Promise<void> {
  const gitDir = existsSync(join(path, '.git')) ? join(path, '.git') : path;
  const safe = { env: { GIT_CEILING_DIRECTORIES: '/' } };
  const isBare = await gitText(gitDir, ['rev-parse', '--is-bare-repository'], safe);
  if (isBare === 'true') return;
  const { stdout } = await runGit(gitDir, ['worktree', 'list', '--porcelain'], safe);
  if (!stdout.toString('utf8').split('\n').includes(`branch refs/heads/${branch}`)) return;
  const setting = await runGit(gitDir, ['config', '--get', 'receive.denyCurrentBranch'], { accept: [0, 1] });
  const allows = /^(?:ignore|warn|updateinstead|false|no|off|0)$/i.test(setting.stdout.toString('utf8').trim());
  if (!allows) {
    throw failure('TargetCheckedOut', `${branch} is checked out in ${inertText(path)}, so git refuses pushes to it`);
  }
}
