// Commits that were green on this host, keyed by all inputs of the verdict: from trials before runs, and from the merge
// queue's verifications, which often cover the target that the next run begins with.

import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { VerifyHost } from './verify-host.ts';
import type { Config } from '../../../contracts/documents/config.ts';
import type { Sha } from '../../../contracts/ids.ts';
import { checkEnv } from '../../sandbox/policy.ts';

export interface TriedCommit {
  readonly config: Config;
  readonly commit: Sha;
}

/** A verdict expires, because what it was made with may change unnoticed. */
const oldestMs = 24 * 3600_000;

/** The log of the green verdict; null = none is known. */
export async function readGreen(host: VerifyHost, tried: TriedCommit): Promise<string | null> {
  const path = pathOf(host, tried);
  return (await isTooOld(path)) ? null : readFile(path, 'utf8').catch(() => null);
}

/** Also removes expired verdicts. */
export async function rememberGreen(host: VerifyHost, tried: TriedCommit, log: string): Promise<void> {
  const folder = folderOf(host);
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (await isTooOld(path)) await rm(path, { force: true });
  }
  await writeFile(pathOf(host, tried), log);
}

async function isTooOld(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  return found !== null && found.mtimeMs < Date.now() - oldestMs;
}

function folderOf({ home }: VerifyHost): string {
  return join(home, 'tries');
}

function pathOf(host: VerifyHost, { config, commit }: TriedCommit): string {
  const { setup, verify, sandbox, worktree } = config;
  const env = checkEnv(config, host.policy, host.env);
  const depends = [commit, setup, verify, sandbox, worktree, env, host.policy.networkAllowed, host.sandbox.driver];
  const all = JSON.stringify([...depends, host.worktrees.hostStamp()], inOrder);
  return join(folderOf(host), createHash('sha256').update(all).digest('hex').slice(0, 32));
}

/** For `JSON.stringify`: a run's configuration and a branch's may have their fields in a different order. */
function inOrder(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
