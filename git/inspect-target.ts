// Inspects the target before anything is spent: does the repository exist, what are the branch's tip and configuration,
// and will it accept a push? Fetches one commit without history. Used by the client; changes nothing anywhere.

import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failure } from '../contracts/failures.ts';
import type { Sha } from '../contracts/ids.ts';
import { type Remote, type RemoteRefs, fetchRefs, listRemote, unusable } from './remote.ts';
import { entryId } from './tree-reader.ts';
import type { CodeownersFile } from '../formats/codeowners/file.ts';
import { findCodeowners } from './codeowners-text.ts';
import { readConfigText } from './config-text.ts';
import { reserved } from './read-checkpoint.ts';
import { withTemporaryRepository } from './state-files.ts';
import { inertText } from './inert-text.ts';
import { textOf } from './trees.ts';
import { unreadableRef, whyUnusable } from './unusable.ts';
import { gitText, runGit } from './run-git.ts';

export interface Target {
  readonly branch: string;
  readonly tip: Sha;
  /** The text of `coppice.yaml` at the tip; null if there is none. */
  readonly configText: string | null;
  readonly codeowners: CodeownersFile | null;
  /** All files at the tip. */
  readonly paths: readonly string[];
}

/**
 * If `branch` is null, uses the one that the remote's HEAD names. Throws `BadInput` (no such local path, or a HEAD that
 * names no branch), `RepositoryUnreachable`, `RepositoryUnusable`, `RepositoryEmpty`, `BranchMissing`,
 * `TargetCheckedOut`, `RepositoryRefused`, `BadConfig` (a `coppice.yaml` that is not a file).
 */
export async function inspectTarget(remote: Remote, branch: string | null): Promise<Target> {
  const local = remote.url.startsWith('/');
  if (local && !existsSync(remote.url)) {
    throw failure('BadInput', `there is no repository at ${inertText(remote.url)}`, {
      hint: 'Name a URL that git can clone from, or the path of a repository.',
    });
  }
  const listed = await listRemote(remote);
  const name = branch ?? headBranch(remote, listed);
  const tip = listed.refs.get(`refs/heads/${name}`);
  if (local) await refuseUnusable(remote, name);
  if (tip === undefined) throw missingBranch(remote, name, listed);
  if (isBroken(tip)) throw unusable(remote, unreadableRef(name));
  if (local) await refuseCheckedOut(remote.url, name);
  return { branch: name, tip, ...(await readTip(remote, name)) };
}

/** The failure for a branch missing from `listed`: `RepositoryEmpty`, or `BranchMissing` with a few that exist. */
export function missingBranch(remote: Remote, branch: string, listed: RemoteRefs): Error {
  const branches = [...listed.refs.keys()].flatMap((ref) =>
    ref.startsWith('refs/heads/') ? [inertText(ref.slice('refs/heads/'.length))] : [],
  );
  const url = inertText(remote.url);
  if (branches.length === 0) return failure('RepositoryEmpty', `${url} has no branches`);
  const some = branches.slice(0, 5).join(', ') + (branches.length > 5 ? ', …' : '');
  return failure('BranchMissing', `${url} has no branch ${inertText(branch)}; it has ${some}`);
}

function headBranch(remote: Remote, listed: RemoteRefs): string {
  const url = inertText(remote.url);
  if (listed.head !== null) return listed.head;
  const broken = [...listed.refs].find(([ref, id]) => ref.startsWith('refs/heads/') && isBroken(id));
  if (broken !== undefined) throw unusable(remote, unreadableRef(broken[0].slice('refs/heads/'.length)));
  if (listed.refs.size === 0) throw failure('RepositoryEmpty', `${url} has no commits yet`);
  throw failure('BadInput', `the HEAD of ${url} names no branch; say which one is the target with --branch`);
}

async function readTip(remote: Remote, branch: string): Promise<Pick<Target, 'configText' | 'codeowners' | 'paths'>> {
  return withTemporaryRepository(async (gitDir) => {
    const depth = (await isQuicklyCopied(remote)) ? {} : { depth: 1 };
    const fetched = await fetchRefs(gitDir, remote, [`+refs/heads/${branch}:refs/heads/target`], depth);
    if (fetched === 'missing') throw unusable(remote, unreadableRef(branch));
    const paths = await listPaths(gitDir);
    refuseLongNames(paths, remote);
    if ((await entryId(gitDir, 'refs/heads/target', reserved)) !== null) {
      throw failure(
        'RepositoryRefused',
        `${inertText(remote.url)} has \`.coppice\` at its top, a name that Coppice reserves`,
      );
    }
    const configText = await readConfigText(gitDir, 'refs/heads/target');
    const codeowners = await findCodeowners(gitDir, 'refs/heads/target');
    return { configText, codeowners, paths: paths.map(textOf) };
  });
}

/** git lists a ref with an unreadable file as zeros. */
function isBroken(id: Sha): boolean {
  return /^0+$/.test(id);
}

/** Refuses defects that a host would find only after the start, and that git's own messages do not explain. */
async function refuseUnusable(remote: Remote, branch: string): Promise<void> {
  const gitDir = gitDirOf(remote.url);
  const asked = ['--is-shallow-repository', '--git-path', 'info/grafts', '--git-path', `refs/heads/${branch}`];
  const answer = await gitText(gitDir, ['rev-parse', ...asked], safe);
  const [isShallow, grafts = '', ref = ''] = answer.split('\n');
  if (isShallow === 'true') throw unusable(remote, whyUnusable('shallow update not allowed') ?? '');
  const lines = existsSync(grafts) ? (await readFile(grafts, 'utf8')).split('\n') : [];
  if (lines.some((line) => /^[0-9a-f]{40}/.test(line))) {
    const way = 'Turn them into replace refs there with `git replace --convert-graft-file`.';
    throw unusable(
      remote,
      `its info/grafts give commits other parents than they have, and no copy can have that. ${way}`,
    );
  }
  const isThere = await runGit(gitDir, ['rev-parse', '--verify', '--quiet', `refs/heads/${branch}^{commit}`], {
    ...safe,
    accept: [0, 1, 128],
  });
  const isName = !branch.split('/').includes('..');
  if (isName && isThere.exitCode !== 0 && statSync(ref, { throwIfNoEntry: false })?.isFile() === true)
    throw unusable(remote, unreadableRef(branch));
}

/**
 * A repository up to this size is copied in about a second, so its whole history is checked as a host will check it.
 */
const quickly = { objects: 20_000, kibibytes: 50 * 1024 };

async function isQuicklyCopied(remote: Remote): Promise<boolean> {
  if (!remote.url.startsWith('/')) return false;
  const counted = await gitText(gitDirOf(remote.url), ['count-objects', '-v'], safe);
  const values = new Map(counted.split('\n').map((line) => line.split(': ') as [string, string]));
  const sum = (...names: string[]): number => names.reduce((total, name) => total + Number(values.get(name) ?? 0), 0);
  if (values.has('alternate')) return false;
  return sum('count', 'in-pack') <= quickly.objects && sum('size', 'size-pack') <= quickly.kibibytes;
}

/** The longest name and path in bytes: Linux's limits, minus the room that a host's own folders need in the path. */
const longest = { name: 255, path: 3500 };

/** As bytes, one character each. */
async function listPaths(gitDir: string): Promise<string[]> {
  const args = ['ls-tree', '-r', '-z', '--name-only', 'refs/heads/target'];
  const { stdout } = await runGit(gitDir, args, { maxBytes: 1024 ** 3 });
  return stdout.toString('latin1').split('\0').slice(0, -1);
}

function refuseLongNames(paths: readonly string[], remote: Remote): void {
  for (const path of paths) {
    const name = path.split('/').find((part) => part.length > longest.name);
    if (name === undefined && path.length <= longest.path) continue;
    const what =
      name === undefined
        ? `a path of ${path.length} bytes, and a host has room for ${longest.path}`
        : `a name of ${name.length} bytes, and a file system takes ${longest.name}`;
    throw unusable(remote, `its tree has ${what}: ${shown(path, name)}. Shorten it on the target branch.`);
  }
}

/** Its folder, and its beginning. */
function shown(path: string, name: string | undefined): string {
  const folder = name === undefined ? '' : path.slice(0, path.indexOf(name));
  return inertText(`${folder.slice(0, 200)}${textOf(name ?? path).slice(0, 60)}…`);
}

function gitDirOf(path: string): string {
  return existsSync(join(path, '.git')) ? join(path, '.git') : path;
}

/** For other people's repositories: ignores any repository in folders above them. */
const safe = { env: { GIT_CEILING_DIRECTORIES: '/' } };

/** git refuses a push to the branch that a local repository has checked out, unless that repository allows it. */
async function refuseCheckedOut(path: string, branch: string): Promise<void> {
  const gitDir = gitDirOf(path);
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
