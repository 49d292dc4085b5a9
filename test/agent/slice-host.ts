// A host that runs real slices for tests: real git and sandbox, a model on loopback. Without a Temporal server.

import { MockActivityEnvironment } from '@temporalio/testing';
import type {
  Feedback,
  SliceHeartbeat,
  SliceInput,
  StopRequest,
  SliceResult,
  PersonMessage,
} from '../../contracts/activities/agent.ts';
import type { Config, NetworkPolicy } from '../../contracts/documents/config.ts';
import type { Plan, PlanUnit, RunContext } from '../../contracts/documents/plan.ts';
import { contextFor, openHost } from '../git/open-host.ts';
import type { Boards } from '../../activities/board/boards.ts';
import { MemoryBoards } from './memory-boards.ts';
import { defaultConfig } from '../../contracts/documents/config.ts';
import { makeAnthropicDriver } from '../../activities/agent/drivers/anthropic/driver.ts';
import { HostRoom } from '../../activities/host/room.ts';
import { makeClaudeCodeDriver } from '../../activities/agent/drivers/claude-code/claude-code-driver.ts';
import { makeRunSlice } from '../../activities/agent/session/run-slice.ts';
import { stateRefs } from '../../contracts/ids.ts';
import { unit } from '../domain/fixtures.ts';

const quiet = { warn: () => undefined, info: () => undefined };

export interface SliceHostParts {
  readonly modelUrl: string;
  readonly hostId: string;
  readonly home?: string;
  readonly draining?: () => boolean;
  /** Its disk has less than it must have free. */
  readonly full?: boolean;
  /** Where the SDK of Claude Code is installed. */
  readonly claudeCode?: string | null;
  /** Of the worker; repositories may request all of it. */
  readonly env?: Record<string, string>;
  /** `none` when nothing is said. */
  readonly networkAllowed?: NetworkPolicy;
  /** Absent = bubblewrap. */
  readonly sandbox?: 'bwrap' | 'none';
  /** Of all runs; empty when nothing is said. */
  readonly boards?: Boards;
}

export interface SliceOptions {
  readonly retry?: number;
  readonly slice?: number;
  readonly attempt?: number;
  readonly feedback?: Feedback | null;
  readonly spendUpToUsd?: number | null;
  readonly limitUsd?: number | null;
  readonly tokensUpTo?: number | null;
  readonly turnsUpTo?: number | null;
  readonly seconds?: number | null;
  readonly words?: readonly PersonMessage[];
  readonly egress?: SliceInput['egress'];
  readonly allowedCalls?: SliceInput['allowedCalls'];
  readonly workedSeconds?: number;
  /** Last heartbeat of an attempt that died. */
  readonly before?: SliceHeartbeat;
  /** What the unit says when the slice is cancelled. */
  readonly order?: () => StopRequest;
}

export async function openSliceHost(parts: SliceHostParts) {
  const { modelUrl, hostId, home, draining = () => false, env = {}, full = false, claudeCode = null } = parts;
  const { networkAllowed = 'none', sandbox: driver = 'bwrap', boards = new MemoryBoards() } = parts;
  const host = await openHost(home, env, { networkAllowed, driver });
  const model = { apiKey: 'key', baseUrl: modelUrl, idleSeconds: 10 };
  let says: () => StopRequest = () => 'cancel';
  const runSlice = makeRunSlice({
    git: host.git,
    sandbox: host.sandbox,
    worktrees: host.worktrees,
    drivers: {
      anthropic: makeAnthropicDriver(model),
      'claude-code': makeClaudeCodeDriver({ ...model, installedIn: claudeCode }),
    },
    home: host.home,
    hostId,
    policy: { envAllowed: Object.keys(env), networkAllowed },
    env,
    guard: host.guard,
    room: full ? new HostRoom({ home: host.home, floor: { memoryMb: 0, diskMb: 1e9 }, log: quiet }) : host.room,
    boards,
    askUnit: async () => says(),
    plans: {
      planOf: async () => null,
      propose: async () => ({ accepted: false, known: true, message: 'no run is here' }),
    },
    draining,
  });
  /** Starts a slice of the unit `a`; cancel it through `environment`. */
  const start = (context: RunContext, options: SliceOptions = {}) => {
    const { retry = 0, slice = 1, attempt = 1, feedback = null, spendUpToUsd = null, limitUsd = null } = options;
    const { workedSeconds = 0, words = [], before, order = () => 'cancel' } = options;
    const { tokensUpTo = null, turnsUpTo = null, seconds = null } = options;
    says = order;
    const environment = new MockActivityEnvironment({
      attempt,
      ...(before === undefined ? {} : { heartbeatDetails: before }),
    });
    const heartbeats: SliceHeartbeat[] = [];
    environment.on('heartbeat', (beat: SliceHeartbeat) => heartbeats.push(beat));
    const said = {
      workedSeconds,
      spendUpToUsd,
      limitUsd,
      tokensUpTo,
      turnsUpTo,
      seconds,
      feedback,
      words,
      ...(options.egress === undefined ? {} : { egress: options.egress }),
      ...(options.allowedCalls === undefined ? {} : { allowedCalls: options.allowedCalls }),
    };
    const input: SliceInput = { context, unit: unit('a'), retry, slice, ...said };
    const result: Promise<SliceResult> = environment.run(runSlice, input);
    return { result, heartbeats, environment };
  };
  return { ...host, start };
}

function planUnit(change: Partial<PlanUnit> = {}): PlanUnit {
  return {
    id: unit('a'),
    title: 'Write a file',
    prompt: 'Write it.',
    needs: [],
    scope: null,
    verify: null,
    labels: [],
    budgetUsd: null,
    maxTurns: null,
    ...change,
  };
}

/** A run whose plan has one unit, or `units`, written to the state remote as the client would. */
export async function planRun(
  { git }: Pick<Awaited<ReturnType<typeof openHost>>, 'git'>,
  where: { remote: Parameters<typeof contextFor>[0]; state: string; run: string },
  parts: { unit?: Partial<PlanUnit>; units?: readonly Partial<PlanUnit>[]; config?: Partial<Config> } = {},
): Promise<RunContext> {
  const context = contextFor(where.remote, where.state, where.run);
  const units = (parts.units ?? [parts.unit]).map((each) => planUnit(each));
  const plan: Plan = { version: 1, goal: 'A goal', units };
  const config: Config = { ...defaultConfig, ...parts.config };
  const repository = await git.open(context);
  const files = { 'plan.json': JSON.stringify(plan), 'config.json': JSON.stringify(config) };
  return { ...context, plan: await repository.writeState(stateRefs.plan(context.run), files, 'plan') };
}
