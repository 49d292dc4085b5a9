// What a person's clone has and the target has not: commits, changed files, another coppice.yaml. Reads only, and runs
// nothing that the clone's configuration names: no hook, no fsmonitor, no filter, no submodule. Used by the client before
// a start; it may give up, and then says nothing.

import { existsSync } from 'node:fs';
import { realpath, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, relative, sep } from 'node:path';
import type { GitOptions } from './run-git.ts';
import type { Remote } from './remote.ts';
import { type Sha, asSha } from '../contracts/ids.ts';
import { fetchRefs } from './remote.ts';
import { gitText, runGit } from './run-git.ts';
import { inertText } from './inert-text.ts';
import { withTemporaryRepository } from './state-files.ts';

export interface WorkingCopy {
  /** The folder that has the files. */
  readonly top: string;
  readonly gitDir: string;
  /** Shared by all worktrees of the clone. */
  readonly commonDir: string;
  /** Null before the first commit. */
  readonly head: Sha | null;
}

export interface Unpushed {
  /** Commits of HEAD that the target does not have. */
  readonly commits: number;
  /** The subject of the newest one; empty without any. */
  readonly newest: string;
  /** Files that differ from HEAD, or that git does not know and does not ignore. */
  readonly files: number;
}

const patienceMs = 5_000;
const waiting = (): GitOptions => ({ timeoutMs: patienceMs });

/** The clone that `folder` is in, with files; null when there is none. */
export async function findWorkingCopy(folder: string): Promise<WorkingCopy | null> {
  const asked = ['rev-parse', '--show-toplevel', '--absolute-git-dir', '--path-format=absolute', '--git-common-dir'];
  const answer = await gitText(null, ['-C', folder, ...asked], waiting()).catch(() => '');
  const [top, gitDir, commonDir] = answer.split('\n');
  if (!top || !gitDir || !commonDir) return null;
  const head = await gitText(gitDir, ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'], waiting()).catch(
    () => null,
  );
  return { top, gitDir, commonDir, head: head === null ? null : asSha(head) };
}

/** The URLs of its remote `origin`. */
export async function originsOf({ gitDir }: WorkingCopy): Promise<string[]> {
  const answer = await gitText(gitDir, ['config', '--get-all', 'remote.origin.url'], waiting()).catch(() => '');
  return answer.split('\n').filter((url) => url !== '');
}

export interface TargetTip {
  readonly remote: Remote;
  readonly branch: string;
  readonly tip: Sha;
}

/** `except` are files that do not count. What cannot be found out soon counts as nothing. */
export async function unpushedOf(copy: WorkingCopy, target: TargetTip, except: readonly string[]): Promise<Unpushed> {
  const [ahead, files] = await Promise.all([
    aheadOf(copy, target).catch(() => null),
    changedFiles(copy, except).catch(() => 0),
  ]);
  return { commits: ahead?.commits ?? 0, newest: ahead?.newest ?? '', files };
}

type Ahead = Pick<Unpushed, 'commits' | 'newest'>;

/** Against the tip that the remote has now: what the clone remembers of it may be old, and not all of it is its fault. */
async function aheadOf(copy: WorkingCopy, target: TargetTip): Promise<Ahead> {
  const { gitDir, head } = copy;
  if (head === null || head === target.tip) return { commits: 0, newest: '' };
  const known = await runGit(gitDir, ['cat-file', '-e', `${target.tip}^{commit}`], {
    ...waiting(),
    accept: [0, 1, 128],
  });
  if (known.exitCode === 0) return countAhead(gitDir, head, [`^${target.tip}`]);
  return aheadOfFetched(copy, { ...target, head }).catch(() => countAhead(gitDir, head, ['--not', '--remotes']));
}

/** Fetches what the clone lacks of the target, beside it: the clone itself stays as it is. */
function aheadOfFetched({ commonDir }: WorkingCopy, target: TargetTip & { head: Sha }): Promise<Ahead> {
  return withTemporaryRepository(async (gitDir) => {
    await writeFile(join(gitDir, 'objects', 'info', 'alternates'), `${join(commonDir, 'objects')}\n`);
    const remote = { ...target.remote, signal: AbortSignal.timeout(2 * patienceMs) };
    await fetchRefs(gitDir, remote, [`+refs/heads/${target.branch}:refs/heads/target`]);
    return countAhead(gitDir, target.head, [`^${target.tip}`]);
  });
}

async function countAhead(gitDir: string, head: Sha, without: readonly string[]): Promise<Ahead> {
  const commits = Number(await gitText(gitDir, ['rev-list', '--count', head, ...without], waiting()));
  if (commits === 0) return { commits, newest: '' };
  const newest = ['rev-list', '--max-count=1', '--no-commit-header', '--format=%s', head, ...without];
  return { commits, newest: inertText(await gitText(gitDir, newest, waiting())) };
}

async function changedFiles({ top, gitDir }: WorkingCopy, except: readonly string[]): Promise<number> {
  const [filters, excludes, ...others] = await Promise.all([
    withoutFilters(gitDir),
    excludesFile(),
    ...except.map((path) => pathBelow(top, path)),
  ]);
  const settings = [...filters, ...(excludes === null ? [] : [`core.excludesFile=${excludes}`])];
  const flags = ['--porcelain=v1', '-z', '--no-renames', '--untracked-files=normal', '--ignore-submodules=dirty'];
  const args = [...settings.flatMap((setting) => ['-c', setting]), 'status', ...flags];
  const { stdout } = await runGit(gitDir, args, { ...waiting(), env: { GIT_WORK_TREE: top } });
  const paths = stdout
    .toString('utf8')
    .split('\0')
    .flatMap((record) => (record === '' ? [] : [record.slice(3)]));
  return paths.filter((path) => !others.includes(path)).length;
}

/** As git writes it; null for one elsewhere. */
async function pathBelow(top: string, path: string): Promise<string | null> {
  const [real, realTop] = await Promise.all([realpath(path).catch(() => path), realpath(top).catch(() => top)]);
  const below = relative(realTop, real);
  return below.startsWith('..') ? null : below.split(sep).join('/');
}

/** Settings that take their programs from the filters of the clone's own configuration. */
async function withoutFilters(gitDir: string): Promise<string[]> {
  const asked = ['config', '--name-only', '--get-regexp', String.raw`^filter\..*\.(clean|smudge|process|required)$`];
  const { stdout } = await runGit(gitDir, asked, { ...waiting(), accept: [0, 1] });
  const names = stdout
    .toString('utf8')
    .split('\n')
    .filter((name) => name !== '');
  return [...new Set(names)].map((name) => `${name}=${name.endsWith('.required') ? 'false' : ''}`);
}

/** What the person has told git to leave out everywhere. Only read, so it may be theirs. */
async function excludesFile(): Promise<string | null> {
  const folder = process.env['XDG_CONFIG_HOME'] || join(homedir(), '.config');
  for (const file of [join(homedir(), '.gitconfig'), join(folder, 'git', 'config')]) {
    const asked = ['config', '--file', file, '--type=path', '--get', 'core.excludesFile'];
    const found = await gitText(null, asked, waiting()).catch(() => '');
    if (found !== '') return found;
  }
  const usual = join(folder, 'git', 'ignore');
  return existsSync(usual) ? usual : null;
}
