// What a killed worker leaves in its home, and why removing it is safe. The home belongs to one worker at a time
// (workers/host-identity.ts holds its lock), so everything found when a worker starts is unused. Work is never only
// there: it is in acknowledged checkpoints on the state remote.
//
//   worktrees/*                                  of dead processes
//   repositories/*/{mirror,state}.git.<uuid>     unfinished repositories; a finished one is renamed
//   repositories/*/{merge,attributes}-*          the GIT_DIRs of merges and of looks at attributes
//   repositories/*/{mirror,state}.git/**/*.lock  git's own locks, and gc.pid; git's processes are ended first
//   …/objects/**/tmp_*, …/pack/.tmp-*            half-written objects, packs and quarantines; git never reads them
//   …/objects/??/* without content               objects that were lost with the power, and hide others of their id
//   …/refs/coppice-local/** of such objects      refs that git cannot read stop every fetch
//   sessions/*                                   the /tmp and shell state of sessions; a slice makes its own
//   sandbox/scratch-*                            HOME folders of commands that ran without a sandbox
//   trash/*                                      files about to be deleted
//
// Ready copies and templates of the pool outlive their worker; the pool sweeps half-made ones.

import { existsSync } from 'node:fs';
import { glob, readFile, readdir, readlink, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ownerLives } from './name.ts';
import { removeLater, removeTree } from './remove.ts';
import { killProcess } from '../../git/processes.ts';

/** Removes the worktrees of dead processes, even half-made ones. Returns how many. */
export async function sweepWorktrees(home: string): Promise<number> {
  const dead = (await list(join(home, 'worktrees'))).filter((name) => !ownerLives(name));
  for (const name of dead) await removeTree(join(home, 'worktrees', name));
  return dead.length;
}

/** Only for the worker that holds the home's lock, before it takes work. Returns what was removed, for its log. */
export async function sweepHome(home: string): Promise<string[]> {
  const ended = await endOrphans(home);
  const worktrees = await sweepWorktrees(home);
  const swept = [
    ...(ended > 0 ? [`ended ${ended} processes`] : []),
    ...(worktrees > 0 ? [`${worktrees} worktrees`] : []),
  ];
  for (const [what, patterns] of Object.entries(leftovers)) {
    const found = await find(home, patterns);
    for (const path of found) await removeTree(path);
    if (found.length > 0) swept.push(`${found.length} ${what}`);
  }
  const lost = await findLost(home);
  for (const path of lost) await removeTree(path);
  if (lost.length > 0) swept.push(`${lost.length} objects and refs without content`);
  for (const name of await list(join(home, 'trash'))) removeLater(join(home, 'trash', name));
  return swept;
}

const repository = 'repositories/*/{mirror,state}.git';

const leftovers: Readonly<Record<string, readonly string[]>> = {
  'half-made repositories': [`${repository}.*`],
  'folders of merges': ['repositories/*/{merge,attributes}-*'],
  'locks of git': [
    `${repository}/*.lock`,
    `${repository}/gc.pid`,
    `${repository}/{refs,logs}/**/*.lock`,
    `${repository}/objects/{info,pack}/**/*.lock`,
  ],
  'half-written objects': [
    `${repository}/objects/tmp_*`,
    `${repository}/objects/??/tmp_obj_*`,
    `${repository}/objects/pack/{tmp_*,.tmp-*}`,
    `${repository}/objects/info/**/tmp_*`,
  ],
  'session folders': ['sessions/*'],
  'scratch folders': ['sandbox/scratch-*'],
};

/**
 * git's processes outlive the worker that started them until their command ends, and hold its locks rightfully until
 * then. Those of the sandbox ask one after the other to die with their parents, so a kill between two of them leaves
 * some. Their results are not needed: the work is redone from the start.
 */
async function endOrphans(home: string): Promise<number> {
  const orphans = await findOrphans(home);
  for (const pid of orphans) killProcess(pid);
  for (let waited = 0; waited < 5000 && (await findOrphans(home)).length > 0; waited += 20) await sleep(20);
  return orphans.length;
}

async function findOrphans(home: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await list('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    if (!(await isGitOf(name, home)) && !(await isSandboxOf(name, home))) continue;
    if ((await parentOf(name)) !== process.pid) found.push(Number(name));
  }
  return found;
}

async function isGitOf(pid: string, home: string): Promise<boolean> {
  const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
  return environment.split('\0').some((variable) => variable.startsWith(`GIT_DIR=${join(home, 'repositories')}/`));
}

/** Recognised by where its output goes (sandbox/output-pipe.ts). */
async function isSandboxOf(pid: string, home: string): Promise<boolean> {
  const output = await readlink(`/proc/${pid}/fd/1`).catch(() => '');
  return output.startsWith(`${join(await realpath(home), 'sandbox')}/pipes-`);
}

async function parentOf(pid: string): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '');
  return Number(/^PPid:\s*(\d+)/m.exec(status)?.[1]);
}

async function find(home: string, patterns: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for await (const name of glob([...patterns], { cwd: home })) found.push(join(home, name));
  return found;
}

/** Objects and refs are not flushed when they are written, so a loss of power may leave files without content. */
async function findLost(home: string): Promise<string[]> {
  const objects: string[] = [];
  for (const path of await find(home, [`${repository}/objects/??/*`]))
    if ((await stat(path)).size === 0) objects.push(path);
  const ids = new Set(['', ...objects.map((path) => path.split('/').slice(-2).join(''))]);
  const refs: string[] = [];
  for (const path of await find(home, [`${repository}/refs/coppice-local/**/*`])) {
    const content = await readFile(path, 'latin1').catch(() => null);
    if (content !== null && ids.has(content.trim())) refs.push(path);
  }
  return [...refs, ...objects];
}

async function list(folder: string): Promise<string[]> {
  return existsSync(folder) ? readdir(folder) : [];
}
