// What a person's clone has and the target does not: commits, changed files, another coppice.yaml. Read-only, and runs
// nothing that the clone's configuration names: no hook, fsmonitor, filter or submodule. Used by the client before a
// start; it may give up, and then reports nothing.

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
  /** The folder with the files. */
  readonly top: string;
  readonly gitDir: string;
  /** Shared by all worktrees of the clone. */
  readonly commonDir: string;
  /** Null before the first commit. */
  readonly head: Sha | null;
}

export interface Unpushed {
  /** Number of HEAD's commits that the target does not have. */
  readonly commits: number;
  /** The subject of the newest one; empty if there are none. */
  readonly newest: string;
  /** Number of files that differ from HEAD, or are untracked and not ignored. */
  readonly files: number;
}

const patienceMs = 5_000;
const waiting = (): GitOptions => ({ timeoutMs: patienceMs });

/** The clone that contains `folder`, if it has files; null if there is none. */
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

/** `except` are files to ignore. Results that take too long count as nothing. */
export async function unpushedOf(copy: WorkingCopy, target: TargetTip, except: readonly string[]): Promise<Unpushed> {
  const [ahead, files] = await Promise.all([
    aheadOf(copy, target).catch(() => null),
    changedFiles(copy, except).catch(() => 0),
  ]);
  return { commits: ahead?.commits ?? 0, newest: ahead?.newest ?? '', files };
}

type Ahead = Pick<Unpushed, 'commits' | 'newest'>;

/** Compares with the remote's current tip: the clone's own refs may be outdated. */
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

/** Fetches what the clone lacks of the target into a separate repository; the clone itself is unchanged. */
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

/** The path as git writes it; null if it is elsewhere. */
async function pathBelow(top: string, path: string): Promise<string | null> {
  const [real, realTop] = await Promise.all([realpath(path).catch(() => path), realpath(top).catch(() => top)]);
  const below = relative(realTop, real);
  return below.startsWith('..') ? null : below.split(sep).join('/');
}

/** Settings that disable the programs of filters in the clone's own configuration. */
async function withoutFilters(gitDir: string): Promise<string[]> {
  const asked = ['config', '--name-only', '--get-regexp', String.raw`^filter\..*\.(clean|smudge|process|required)$`];
  const { stdout } = await runGit(gitDir, asked, { ...waiting(), accept: [0, 1] });
  const names = stdout
    .toString('utf8')
    .split('\n')
    .filter((name) => name !== '');
  return [...new Set(names)].map((name) => `${name}=${name.endsWith('.required') ? 'false' : ''}`);
}

/** The person's global excludes file. It is only read, so using theirs is safe. */
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
