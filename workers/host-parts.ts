// What setup and verification need on a host: its sandbox, git and worktrees. A worker has more (host.ts); `coppice
// doctor --try` has only this.

import { readFileSync } from 'node:fs';
import type { Logger } from 'pino';
import type { Env } from '../domain/environment.ts';
import { hostFloor, listOf, sandboxEnvironment } from '../domain/environment.ts';
import { guardMemory } from '../activities/host/memory-guard.ts';
import { HostRoom } from '../activities/host/room.ts';
import { WorktreePool } from '../activities/worktrees/pool/worktree-pool.ts';
import { openGitHost } from '../activities/repository/open-git-host.ts';
import { openSandbox } from '../activities/sandbox/open-sandbox.ts';
import { secretsOf } from '../activities/sandbox/secrets.ts';
import { sweepHome } from '../activities/worktrees/sweep.ts';

interface Settings {
  readonly env: Env;
  /** The caller holds its lock. */
  readonly home: string;
  readonly hostId: string;
  /** Sessions and verifications at once. */
  readonly slots: number;
  /** Most disk for prepared worktrees, in MiB; null = the default, 0 = keep none. */
  readonly poolMegabytes: number | null;
  readonly log: Pick<Logger, 'warn' | 'info'>;
}

export type HostParts = Awaited<ReturnType<typeof openHostParts>>;

/** Sweeps what a killed worker left in the home. Throws `SandboxUnavailable`, `BadInput`. */
export async function openHostParts({ env, home, hostId, slots, poolMegabytes: megabytes, log }: Settings) {
  const secrets = secretsOf(env, (path) => readFileSync(path, 'utf8'));
  const policy = { ...sandboxEnvironment(env), home, log, secrets, env };
  const floor = hostFloor(env);
  const swept = await sweepHome(home);
  if (swept.length > 0) log.warn({ swept }, 'removed what a worker that died had left');
  const repositories = listOf(env['COPPICE_REPOSITORIES']);
  const room = new HostRoom({ home, floor, log });
  const sandbox = guardMemory(await openSandbox(policy), room);
  const git = await openGitHost({ home, hostId, sandbox, policy, repositories, env, log });
  const { toolchains } = policy;
  const worktrees = await WorktreePool.open({ home, sandbox, megabytes, slots, toolchains, log });
  return { git, sandbox, worktrees, home, hostId, policy, env, room };
}
