// Frees disk in a home that no worker uses: mirrors and prepared worktrees that have been unused for long, and
// leftovers of killed workers. No work is lost: it is in checkpoints on the state remote, and a host recreates its
// mirrors when it needs them. A home whose lock a worker holds is left alone.

import { diskUse } from '../activities/host/disk.ts';
import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { failureType } from '../contracts/failures.ts';
import { lockHome } from './host-identity.ts';
import { removeTree } from '../activities/worktrees/remove.ts';
import { sweepHome } from '../activities/worktrees/sweep.ts';

export interface IdleHome {
  readonly status: 'absent' | 'in-use' | 'idle';
  readonly home: string;
  /** Folders of repositories: their mirrors and states. */
  readonly mirrors: readonly string[];
  /** Folders of prepared worktrees, including those of these repositories. */
  readonly worktrees: readonly string[];
  readonly bytes: number;
}

/** Finds what has not been used since `before`. */
export function findIdle(home: string, before: Date): Promise<IdleHome> {
  return withHome(home, () => look(home, before));
}

/** Removes it. Safe to interrupt: half-removed folders are made again or swept. */
export function pruneHome(home: string, before: Date): Promise<IdleHome> {
  return withHome(home, async () => {
    await sweepHome(home);
    const idle = await look(home, before);
    for (const folder of [...idle.worktrees, ...idle.mirrors]) await removeTree(folder);
    return idle;
  });
}

async function withHome(home: string, use: () => Promise<IdleHome>): Promise<IdleHome> {
  const nothing = { home, mirrors: [], worktrees: [], bytes: 0 };
  if (!existsSync(home)) return { ...nothing, status: 'absent' };
  let release: () => Promise<void>;
  try {
    release = await lockHome(home);
  } catch (error) {
    if (failureType(error) === 'HomeInUse') return { ...nothing, status: 'in-use' };
    throw error;
  }
  try {
    return await use();
  } finally {
    await release();
  }
}

async function look(home: string, before: Date): Promise<IdleHome> {
  const mirrors: string[] = [];
  const worktrees: string[] = [];
  for (const name of await list(join(home, 'repositories'))) {
    const folder = join(home, 'repositories', name);
    if ((await lastUse(folder)) < before.getTime()) mirrors.push(folder);
  }
  for (const repository of await list(join(home, 'pool'))) {
    const idle = mirrors.includes(join(home, 'repositories', repository));
    for (const name of await list(join(home, 'pool', repository))) {
      const folder = join(home, 'pool', repository, name);
      // The pool touches it at every use.
      if (idle || (await touchedAt(join(folder, 'template.json'))) < before.getTime()) worktrees.push(folder);
    }
  }
  return { status: 'idle', home, mirrors, worktrees, bytes: await diskUse(...mirrors, ...worktrees) };
}

/** Adding or removing a worktree, a fetch or a checkpoint each changes the time of one of these. */
async function lastUse(repository: string): Promise<number> {
  const marks = ['mirror.git', 'mirror.git/objects', 'state.git', 'state.git/objects'];
  return Math.max(...(await Promise.all(marks.map((mark) => touchedAt(join(repository, mark))))));
}

/** 0 if it does not exist. */
async function touchedAt(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}

async function list(folder: string): Promise<string[]> {
  if (!existsSync(folder)) return [];
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}
