// Worktrees of a mirror: made without races by many processes at once, shown to a sandbox with a git view that can only
// be read, and removed however deep they are. Only metadata is written under the lock; files are filled outside it.
// Once an agent has had a worktree, git never runs in it outside a sandbox.

import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { LocalRepository } from './local-repository.ts';
import type { Sha } from '../../domain/ids.ts';
import type { Mount } from '../sandbox/contract.ts';
import type { Worktree } from './contract.ts';
import { runGit } from '../../git/run-git.ts';
import { withFileLock } from './file-lock.ts';

const exec = promisify(execFile);

export interface OwnedWorktree extends Worktree {
  /** Beside the tree: private to the host, for snapshots and the like; removed with it. */
  readonly folder: string;
  /** The worktree's own GIT_DIR in the mirror. */
  readonly gitDir: string;
}

/**
 * A worktree with HEAD and index at `base` and the files of `tree` (default: those of `base`). Safe to run twice: every
 * call makes its own; what a dead process left is swept when a host starts.
 */
export async function makeWorktree(
  repository: LocalRepository,
  label: string,
  base: Sha,
  tree: Sha | null = null,
): Promise<OwnedWorktree> {
  const { home, mirror, lock, sandbox } = repository;
  const name = newName(label);
  const folder = join(home, 'worktrees', name);
  const path = join(folder, name);
  const gitDir = join(mirror, 'worktrees', name);
  await mkdir(folder, { recursive: true });
  await withFileLock(lock, () =>
    runGit(mirror, ['worktree', 'add', '--quiet', '--no-checkout', '--detach', path, base]),
  );
  await fill(repository, { folder, path, gitDir }, base, tree);
  await writeFile(join(folder, 'git-file'), `gitdir: /git/worktrees/${name}\n`);
  await makeReadable(gitDir, join(folder, 'git-file'));
  await sandbox.giveTo(path);
  return {
    folder,
    path,
    gitDir,
    mounts: mountsOf(mirror, folder, name),
    env: viewEnvironment,
    remove: () => removeWorktree(repository.lock, folder, gitDir),
  };
}

async function fill(
  { state }: LocalRepository,
  at: { folder: string; path: string; gitDir: string },
  base: Sha,
  tree: Sha | null,
): Promise<void> {
  await runGit(at.gitDir, ['read-tree', '--reset', '-u', base], { env: { GIT_WORK_TREE: at.path } });
  if (tree === null) return;
  // With a copy of the index only what differs is written, and HEAD and index still say what the unit changed.
  const index = join(at.folder, 'fill-index');
  await cp(join(at.gitDir, 'index'), index);
  await runGit(state, ['read-tree', '--reset', '-u', tree], { env: { GIT_WORK_TREE: at.path, GIT_INDEX_FILE: index } });
  await rm(index);
}

/** The tree at `/work` and over it, read-only, a git view that shows the mirror and this worktree's entry alone. */
function mountsOf(mirror: string, folder: string, name: string): Mount[] {
  const bind = (source: string, target: string, writable: boolean): Mount => ({
    type: 'bind',
    source,
    target,
    writable,
  });
  return [
    bind(join(folder, name), '/work', true),
    bind(join(folder, 'git-file'), '/work/.git', false),
    bind(mirror, '/git', false),
    { type: 'tmpfs', target: '/git/worktrees' },
    bind(join(mirror, 'worktrees', name), `/git/worktrees/${name}`, false),
  ];
}

/** The files changed owner after the index was written, which must not make `git status` read them all again. */
const viewEnvironment: Readonly<Record<string, string>> = {
  GIT_OPTIONAL_LOCKS: '0',
  GIT_CONFIG_COUNT: '3',
  GIT_CONFIG_KEY_0: 'safe.directory',
  GIT_CONFIG_VALUE_0: '*',
  GIT_CONFIG_KEY_1: 'core.checkStat',
  GIT_CONFIG_VALUE_1: 'minimal',
  GIT_CONFIG_KEY_2: 'core.trustctime',
  GIT_CONFIG_VALUE_2: 'false',
};

/** Moves HEAD and index (not the files) to another commit. */
export async function moveHead(worktree: OwnedWorktree, commit: Sha): Promise<void> {
  await runGit(worktree.gitDir, ['update-ref', '--no-deref', 'HEAD', commit]);
  await runGit(worktree.gitDir, ['read-tree', '--reset', commit]);
}

async function removeWorktree(lock: string, folder: string, gitDir: string): Promise<void> {
  await removeTree(folder);
  await withFileLock(lock, () => removeTree(gitDir));
}

/** For the sandbox's uid, whatever the worker's umask is. */
async function makeReadable(...paths: string[]): Promise<void> {
  await exec('chmod', ['-R', 'a+rX', '--', ...paths]);
}

/** `rm -rf`: Node's own removal overflows on deep trees. Folders that their owner locked are opened first. */
export async function removeTree(path: string): Promise<void> {
  try {
    await exec('rm', ['-rf', '--', path]);
  } catch {
    await exec('chmod', ['-R', 'u+rwX', '--', path]).catch(() => undefined);
    await exec('rm', ['-rf', '--', path]);
  }
}

/** Removes what processes that no longer live have left in `home`, half-made or locked by git as it may be; how many. */
export async function sweepWorktrees(home: string): Promise<number> {
  const [names, repositories] = await Promise.all([list(join(home, 'worktrees')), list(join(home, 'repositories'))]);
  const dead = names.filter((name) => !ownerLives(name));
  for (const name of dead) {
    for (const repository of repositories) {
      const gitDir = join(home, 'repositories', repository, 'mirror.git', 'worktrees', name);
      if (existsSync(gitDir))
        await withFileLock(join(home, 'repositories', repository, 'lock'), () => removeTree(gitDir));
    }
    await removeTree(join(home, 'worktrees', name));
  }
  return dead.length;
}

async function list(folder: string): Promise<string[]> {
  return existsSync(folder) ? readdir(folder) : [];
}

let made = 0;

/** `<label>.<pid>.<start time of the process>.<n>`: who made it can be told from the name alone. */
function newName(label: string): string {
  const safe = label.replaceAll(/[^a-z0-9-]/g, '-').slice(0, 120);
  return `${safe}.${process.pid}.${startTime(process.pid) ?? 0}.${++made}`;
}

function ownerLives(name: string): boolean {
  const [, pid, start] = /\.(\d+)\.(\d+)\.\d+$/.exec(name) ?? [];
  return pid !== undefined && startTime(Number(pid)) === Number(start);
}

/** In clock ticks since boot: tells a process from a later one with the same id. */
function startTime(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  } catch {
    return null;
  }
}
