// Sessions that write to each other, as one host has them: the run and its units are workflows of the product, and so are
// the driver, the tools' side of the board and the board. There is no git and no sandbox, because neither is in the way of
// a message.

import { NativeConnection, Worker } from '@temporalio/worker';
import { Context } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import type { AgentActivities, SliceInput, SliceResult } from '../../contracts/activities/agent.ts';
import type { AgentSession } from '../../activities/agent/drivers/contract.ts';
import type { Boards } from '../../activities/board/boards.ts';
import type { ReportActivities } from '../../contracts/activities/reports.ts';
import type { RunInput } from '../../domain/run/input.ts';
import type { Stage } from './stage.ts';
import { SessionBoard } from '../../activities/agent/session/session-board.ts';
import { SessionJournal } from '../../activities/agent/conversation/journal.ts';
import { context, graphOf, node, runSettings, sha, unit } from '../../test/domain/fixtures.ts';
import { defaultConfig } from '../../contracts/documents/config.ts';
import { installTemporalLog } from '../../workers/temporal-log.ts';
import { lastHeard } from '../../activities/agent/conversation/heard.ts';
import { makeAnthropicDriver } from '../../activities/agent/drivers/anthropic/driver.ts';
import { makeBoards } from '../../activities/board/boards.ts';
import { noTotals } from '../../domain/money/usage.ts';
import { runWorkflowId } from '../../contracts/ids.ts';
import { runWorkflowType } from '../../contracts/messages/run.ts';
import { taskQueues } from '../../contracts/task-queues.ts';

/** One message, from the call that posts it to the request that has it. */
export interface Delivery {
  /** Requests of the recipient after it was posted, up to the one that has it. */
  readonly turns: number;
  /** Milliseconds that its sender waited for the board, and its recipient. */
  readonly ownMs: number;
}

export interface Talk {
  readonly deliveries: readonly Delivery[];
  /** Posted, and not heard before the recipient ended. */
  readonly unheard: number;
  /** Of all requests, those that waited for nothing included: how long they waited for the board. */
  readonly waits: readonly number[];
}

interface Posted {
  readonly at: number;
  readonly ms: number;
  readonly to: string;
}

interface Hearing {
  readonly unit: string;
  readonly at: number;
  readonly ms: number;
  /** Numbers of the first and last message that it has brought; null = none. */
  readonly brought: readonly [after: number, upTo: number] | null;
}

/** `count` sessions at once; each asks its model `turns` times, and writes to another one at every third. */
export async function talk(
  { stage, client }: { readonly stage: Stage; readonly client: Client },
  { id, count, turns }: { readonly id: string; readonly count: number; readonly turns: number },
): Promise<Talk> {
  const posts = new Map<number, Posted>();
  const hearings: Hearing[] = [];
  const boards = makeBoards(client);
  const driver = makeAnthropicDriver({
    apiKey: 'scripted',
    baseUrl: stage.env.ANTHROPIC_BASE_URL,
    idleSeconds: 120,
  });
  const runSlice = async (input: SliceInput): Promise<SliceResult> => {
    const { heartbeat } = Context.current();
    const alive = setInterval(heartbeat, 5_000);
    await driver.converse(sessionOf(input, { boards, turns, posts, hearings })).finally(() => clearInterval(alive));
    // Nothing is to land.
    return { outcome: { status: 'failed', reason: 'error: the bench is over' }, totals: noTotals, seconds: 0 };
  };
  const run = await startRun(stage, client, { id, count, runSlice });
  await run.ended;
  await boards.close(context(id).run);
  await boards.settled();
  const found = [...posts].map(([number, posted]) => deliveryOf(number, posted, hearings));
  const deliveries = found.filter((delivery) => delivery !== null);
  return { deliveries, unheard: found.length - deliveries.length, waits: hearings.map(({ ms }) => ms) };
}

function deliveryOf(number: number, { at, ms, to }: Posted, hearings: readonly Hearing[]): Delivery | null {
  const own = hearings.filter(({ unit: who }) => who === to);
  const heard = own.findIndex(({ brought }) => brought !== null && brought[0] < number && number <= brought[1]);
  const hearing = own[heard];
  if (hearing === undefined) return null;
  const since = own.slice(0, heard + 1).filter((each) => each.at > at).length;
  return { turns: Math.max(1, since), ownMs: ms + hearing.ms };
}

interface Parts {
  readonly boards: Boards;
  readonly turns: number;
  readonly posts: Map<number, Posted>;
  readonly hearings: Hearing[];
}

function sessionOf(input: SliceInput, { boards, turns, posts, hearings }: Parts): AgentSession {
  const journal = new SessionJournal();
  journal.begin({ model: defaultConfig.agent.model, system: 'You work.', firstMessage: 'Work.' });
  const { run } = input.context;
  let tree = 0;
  const board = new SessionBoard({
    boards,
    run,
    unit: input.unit,
    units: [],
    journal,
    // Everybody works between two messages.
    tree: () => sha((tree += 1)),
    redact: (text) => text,
  });
  const rest = { scope: null, verify: null, labels: [], needs: [], budgetUsd: null, maxTurns: null };
  const never = new AbortController().signal;
  return {
    context: input.context,
    unit: { id: input.unit, title: input.unit, prompt: 'Work.', ...rest },
    config: defaultConfig,
    host: 'bench',
    journal,
    tools: {
      async run({ name, input: given }) {
        if (name !== 'post_message') return { output: `done ${journal.turns.length}`, isError: false, exitCode: 0 };
        const { unit: to, text } = given as { readonly unit: string; readonly text: string };
        const began = performance.now();
        const answer = await board.post({ unit: to }, text);
        const ms = performance.now() - began;
        if (answer.accepted) posts.set(answer.number, { at: performance.now(), ms, to });
        return { output: answer.accepted ? 'Posted.' : answer.message, isError: !answer.accepted, exitCode: null };
      },
      directory: () => Promise.resolve('/work'),
      enter: () => Promise.resolve(true),
    },
    hasBoard: true,
    rules: { judge: () => ({ decide: 'allow' }) },
    isAllowed: () => false,
    letGo: () => Promise.resolve(true),
    get place(): never {
      throw new Error('there is no place here');
    },
    spendUpToUsd: null,
    limitUsd: null,
    tokensUpTo: null,
    turnsUpTo: null,
    until: null,
    maxTurns: turns + 1,
    workDeadline: null,
    signal: never,
    leaveNow: never,
    draining: () => false,
    showActivity: () => undefined,
    async hear() {
      const at = performance.now();
      const before = lastHeard(journal)?.number ?? 0;
      await board.hear();
      const upTo = lastHeard(journal)?.number ?? 0;
      const brought = upTo === before ? null : ([before, upTo] as const);
      hearings.push({ unit: input.unit, at, ms: performance.now() - at, brought });
    },
    modelCallBegins: () => Promise.resolve(),
    modelCallFailed: () => undefined,
    idleTurns: () => 0,
    // As when a checkpoint is acknowledged.
    turnEnded: async () => board.mark()(),
  };
}

interface Started {
  readonly id: string;
  readonly count: number;
  readonly runSlice: AgentActivities['runSlice'];
}

async function startRun({ env }: Stage, client: Client, { id, count, runSlice }: Started) {
  installTemporalLog(pino({ level: 'error' }, pino.destination(2)));
  const connection = await NativeConnection.connect({ address: env.TEMPORAL_ADDRESS });
  const activities: AgentActivities & Partial<ReportActivities> = {
    runSlice,
    writeReport: async () => sha(1),
    saveRecords: async () => sha(1),
  };
  const common = { connection, namespace: env.TEMPORAL_NAMESPACE, activities: { ...activities } };
  const workers = await Promise.all([
    Worker.create({ ...common, taskQueue: taskQueues.agents, maxConcurrentActivityTaskExecutions: count }),
    Worker.create({ ...common, taskQueue: taskQueues.landing }),
  ]);
  const running = Promise.all(workers.map((worker) => worker.run()));
  const args: [RunInput] = [
    {
      context: { ...context(id), queue: `queue:${id}-0a1b2c3d` },
      slug: 'bench',
      goal: 'Talk',
      model: 'scripted',
      graph: graphOf(unitNames(count).map((name) => node(name))),
      settings: { ...runSettings, parallel: count },
    },
  ];
  const workflowId = runWorkflowId(context(id).run);
  const handle = await client.workflow.start(runWorkflowType, { workflowId, taskQueue: taskQueues.workflows, args });
  const ended = handle
    .result()
    // No unit lands.
    .catch(() => undefined)
    .then(async () => {
      for (const worker of workers) worker.shutdown();
      await running;
      await connection.close();
    });
  return { ended };
}

export function unitNames(count: number): string[] {
  return Array.from({ length: count }, (_, n) => unit(`u-${n}`));
}

/** What the same number of sessions at the same pace wait for two calls of the server that ask no workflow. */
export async function bareCalls(
  client: Client,
  count: number,
  { calls, pace }: { readonly calls: number; readonly pace: number },
): Promise<number[]> {
  const times: number[] = [];
  const { workflowId } = await client.workflow.start('nothing', { workflowId: 'nothing', taskQueue: 'nothing' });
  const session = async (): Promise<void> => {
    for (let call = 0; call < calls; call++) {
      await sleep(pace * (4_000 + 12_000 * Math.random()));
      const began = performance.now();
      for (let each = 0; each < 2; each++) await client.workflow.getHandle(workflowId).describe();
      times.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: count }, session));
  await client.workflow.getHandle(workflowId).terminate();
  return times;
}
