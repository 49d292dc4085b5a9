// Tries a target's setup and verification, as a run does before it spends anything, and shows what the commands print
// while they run. Needs no server and no model. Works in COPPICE_HOME, where the first run then finds the mirror and the
// prepared worktree. If a worker uses COPPICE_HOME, works in a temporary home and removes it.

import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { mkdtemp } from 'node:fs/promises';
import type { TryOutcome } from '../../contracts/activities/trial.ts';
import type { Config } from '../../contracts/documents/config.ts';
import type { Env } from '../../domain/environment.ts';
import type { RunId, Sha } from '../../contracts/ids.ts';
import type { HostParts } from '../../workers/host-parts.ts';
import { LiveLog } from '../../workers/live-log.ts';
import { openHome } from '../../workers/host-identity.ts';
import { openHostParts } from '../../workers/host-parts.ts';
import { poolMegabytes } from '../../domain/environment.ts';
import { removeTree, trashEmptied } from '../../activities/worktrees/remove.ts';
import { tryCommit } from '../../activities/landing/verify/try-target.ts';

export interface TryRequest {
  readonly env: Env;
  /** COPPICE_HOME. */
  readonly home: string;
  readonly repository: string;
  readonly branch: string;
  readonly config: Config;
  /** Receives lines of safe text. */
  readonly print: (line: string) => void;
  readonly signal: AbortSignal;
}

export interface TriedByHand {
  readonly commit: Sha;
  readonly outcome: TryOutcome;
  /** What is missing in a worktree. */
  readonly notes: readonly string[];
  readonly seconds: number;
}

interface Home {
  readonly home: string;
  readonly hostId: string;
  /** How much room prepared worktrees may keep after the try. */
  readonly poolMegabytes: number | null;
  leave(): Promise<void>;
}

const quiet = { warn: () => undefined, info: () => undefined };

/** Throws a host's failures. */
export async function tryByHand(request: TryRequest): Promise<TriedByHand> {
  const { env, print } = request;
  const { leave, ...home } = await enterHome(request.home, env);
  try {
    if (home.home !== request.home) print(`${request.home} is in use or cannot be used: using a temporary home`);
    const host = await openHostParts({ ...home, env, slots: 1, log: quiet });
    try {
      await host.room.assertRoom();
      return await tryOn(host, request);
    } finally {
      await host.worktrees.stop();
      await trashEmptied();
    }
  } finally {
    await leave();
  }
}

async function tryOn(host: HostParts, request: TryRequest): Promise<TriedByHand> {
  const { repository: url, branch, config, print, signal } = request;
  const started = Date.now();
  // Nothing is written to a state remote, so the URL is only a placeholder.
  const repository = await host.git.open({ repository: url, stateRemote: url });
  print(`fetching ${branch} of ${url}`);
  const commit = await repository.fetchBranch(branch);
  signal.throwIfAborted();
  print(`trying ${branch} at ${commit.slice(0, 8)}`);
  const live = new LiveLog(host.sandbox, print);
  const watch = {
    signal,
    again: true,
    onStart: () => undefined,
    onCommand: (command: string) => live.begin(command),
    onOutput: (chunk: Uint8Array) => live.add(chunk),
    onLog: (log: string) => live.end(log),
  };
  const context = { run: 'doctor' as RunId, repository: url, branch };
  const tried = await tryCommit(host, { repository, config, context, commit }, watch);
  for (const note of tried.notes) print(`note: ${note}`);
  return { commit, outcome: tried.outcome, notes: tried.notes, seconds: (Date.now() - started) / 1000 };
}

/** Falls back to a temporary home silently: another check reports an unusable home. */
async function enterHome(home: string, env: Env): Promise<Home> {
  const own = await openHome(home, env['COPPICE_HOST_ID']).catch(() => null);
  if (own !== null) return { home, hostId: own.hostId, poolMegabytes: poolMegabytes(env), leave: own.release };
  const temporary = await mkdtemp(join(tmpdir(), 'coppice-try-'));
  return { home: temporary, hostId: hostname(), poolMegabytes: 0, leave: () => removeTree(temporary) };
}
