// A host on a temporary home, a context and an agent's edits, for the tests of this folder.

import { readFileSync } from 'node:fs';
import { type Sandbox } from '../../activities/sandbox/contract.ts';
import type { NetworkPolicy } from '../../contracts/documents/config.ts';
import type { Sha, RunId, UnitId } from '../../contracts/ids.ts';
import type { UnitStore } from '../../activities/repository/contract.ts';
import type { Worktree } from '../../activities/worktrees/worktree.ts';
import type { RunContext } from '../../contracts/documents/plan.ts';
import { type Content, put, temporaryFolder } from './make-repository.ts';
import { DiskGuard } from '../../activities/host/disk-guard.ts';
import { HostRoom } from '../../activities/host/room.ts';
import { WorktreePool } from '../../activities/worktrees/pool/worktree-pool.ts';
import { openGitHost } from '../../activities/repository/open-git-host.ts';
import { secretsOf } from '../../activities/sandbox/secrets.ts';
import { openSandbox } from '../../activities/sandbox/open-sandbox.ts';

export interface HostOptions {
  /** 0 = no pool: every worktree is made on the spot. */
  readonly poolMegabytes?: number;
  readonly upkeepEveryMs?: number;
  readonly networkAllowed?: NetworkPolicy;
  /** Absent = bubblewrap. */
  readonly driver?: 'bwrap' | 'none';
  readonly toolchains?: readonly string[];
  readonly log?: { warn(message: string): void; info(message: string): void };
}

const quiet = { warn: () => undefined, info: () => undefined };

export async function openHost(
  home = temporaryFolder(),
  env: Record<string, string> = {},
  {
    poolMegabytes = 0,
    upkeepEveryMs = 30_000,
    networkAllowed = 'none',
    driver = 'bwrap',
    toolchains = [],
    log = quiet,
  }: HostOptions = {},
) {
  const sandbox: Sandbox = await openSandbox({
    driver,
    home,
    toolchains,
    envAllowed: [],
    networkAllowed,
    env,
    secrets: secretsOf(env, (path) => readFileSync(path, 'utf8')),
    log,
  });
  const policy = { envAllowed: [], networkAllowed };
  const git = await openGitHost({ home, hostId: 'here', sandbox, policy, repositories: null, env, log, upkeepEveryMs });
  const worktrees = await WorktreePool.open({
    home,
    sandbox,
    megabytes: poolMegabytes,
    slots: 4,
    toolchains,
    log,
    minFiles: 0,
  });
  const room = new HostRoom({ home, floor: { memoryMb: 0, diskMb: 0 }, log });
  return { home, sandbox, git, worktrees, room, guard: new DiskGuard(room) };
}

export type Host = Awaited<ReturnType<typeof openHost>>;

export function contextFor(remote: { url: string; tip(): Sha }, stateRemote: string, run = 'run-1'): RunContext {
  return {
    run: run as RunId,
    repository: remote.url,
    branch: 'main',
    stateRemote,
    queue: 'queue:x-12345678',
    plan: remote.tip(),
    base: remote.tip(),
    requestedBy: 'dana',
  };
}

/** The store of a unit, which also saves in one step. */
export async function claim(
  host: Host,
  context: RunContext,
  options: { unit?: string; attempt?: number; host?: string } = {},
) {
  const { unit = 'unit-1', attempt = 1001, host: name = 'here' } = options;
  const store = await (await host.git.open(context)).claimUnit({ context, unit: unit as UnitId, attempt, host: name });
  const save = async (...work: Parameters<UnitStore['keep']>) => {
    const kept = await store.keep(...work);
    return { ...kept, checkpoint: await store.push() };
  };
  return Object.assign(store, { save });
}

/** What a command says in a worktree's sandbox; without its last line end. Throws if any part of it fails. */
export async function sayIn(host: Host, { mounts }: Pick<Worktree, 'mounts'>, script: string): Promise<string> {
  const limits = { timeoutSeconds: 60, memoryMb: 512, outputBytes: 50_000 };
  const result = await host.sandbox.run({ argv: ['sh', '-ec', script], mounts, limits });
  const text = Buffer.from(result.output).toString();
  if (result.status !== 'exited' || result.exitCode !== 0) throw new Error(`${script}: ${result.status} ${text}`);
  return text.trimEnd();
}

/** What an agent would do, without its sandbox: files put into the worktree, owned by the sandbox's uid. */
export async function edit(host: Host, store: UnitStore, files: Record<string, Content>): Promise<string> {
  const { path } = await store.openWorktree();
  for (const [name, content] of Object.entries(files)) put(path, name, content);
  await host.sandbox.giveTo(path);
  return path;
}

export const message = {
  subject: 'Do it',
  trailers: [
    ['Coppice-Run', 'run-1'],
    ['Coppice-Unit', 'unit-1'],
    ['Requested-by', 'dana'],
  ],
} as const;

/** A unit's result: claimed, edited, saved, made. */
export async function makeResult(host: Host, context: RunContext, files: Record<string, Content>, unit = 'unit-1') {
  const store = await claim(host, context, { unit });
  await edit(host, store, files);
  await store.save({});
  const trailers = [
    ['Coppice-Run', context.run],
    ['Coppice-Unit', unit],
    ['Requested-by', 'dana'],
  ] as const;
  const made = await store.makeResult({ subject: `Do ${unit}`, trailers });
  await store.close();
  if (made === null) throw new Error('nothing changed');
  const subject = {
    context,
    unit: unit as UnitId,
    title: `Do ${unit}`,
    result: made.result,
    base: store.base,
    enqueuedAt: '2026-11-24T10:00:00.000Z',
    returned: 0,
    approvedBy: ['Dana'],
    consents: [],
  };
  return { ...made, subject };
}
