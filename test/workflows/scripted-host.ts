// Workers for the real workflows on a real Temporal server, with hosts played by the test: activities return what the
// test says. For the paths of the workflows themselves; test/e2e/ has real git, sandboxes and sessions.

import { Client, Connection } from '@temporalio/client';
import type { PayloadCodec } from '@temporalio/common';
import { expect, vi } from 'vitest';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { noTotals } from '../../domain/money/usage.ts';
import type { RunInput } from '../../domain/run/input.ts';
import type {
  BuildTrainInput,
  BuildTrainResult,
  LandingActivities,
  MemberResult,
  TrainMember,
} from '../../contracts/activities/landing.ts';
import type { VerificationActivities } from '../../contracts/activities/verification.ts';
import type { PeopleActivities } from '../../contracts/activities/people.ts';
import type { ReportActivities } from '../../contracts/activities/reports.ts';
import type { ConflictActivities } from '../../contracts/activities/conflict.ts';
import type { TrialActivities } from '../../contracts/activities/trial.ts';
import type { AgentActivities, SliceResult } from '../../contracts/activities/agent.ts';
import type { ApprovalPolicy } from '../../contracts/approval.ts';
import type { PlanNode } from '../../contracts/documents/plan.ts';
import { makeFindEndedUnits } from '../../activities/control/find-ended-units.ts';
import { makeFindFullHosts } from '../../activities/control/find-full-hosts.ts';
import { makeLookAtRun } from '../../activities/control/look-at-run.ts';
import { makeCancelVerification } from '../../activities/control/cancel-verification.ts';
import { makeRequestVerification } from '../../activities/control/request-verification.ts';
import { makeTellQueue } from '../../activities/control/tell-queue.ts';
import { workflowCode } from '../../workers/workflow-code.ts';
import { openNamespace } from '../setup/namespace.ts';
import { emptyQueue } from '../../domain/queue/state.ts';
import { taskQueues } from '../../contracts/task-queues.ts';
import { unitWorkflowId } from '../../contracts/ids.ts';
import { context, graphOf, runSettings, sha } from '../domain/fixtures.ts';
import { runWorkflowType } from '../../contracts/messages/run.ts';

type HostActivities = AgentActivities &
  LandingActivities &
  VerificationActivities &
  ConflictActivities &
  TrialActivities &
  ReportActivities &
  PeopleActivities;

Runtime.install({ logger: new DefaultLogger('ERROR') });

export interface ScriptedHost {
  readonly client: Client;
  readonly address: string;
  readonly namespace: string;
  /** Replaced by tests; the defaults land every unit. */
  readonly activities: HostActivities;
  /** What a workflow hands on, before its task ends: what it is told meanwhile, it hears in the next one. */
  handingOn: (input: string) => Promise<void>;
  /** Another host for agents, with so many slots. */
  openSlots(slots: number): Promise<Slots>;
  close(): Promise<void>;
}

interface Options {
  /** Slots for agents from the beginning; 0 = none before `openSlots`. */
  readonly slots?: number;
}

export interface Slots {
  /** Resolves once the host takes nothing new; its slices continue. */
  stopPolling(): Promise<void>;
  /** Resolves once its slices have ended as well. */
  drain(): Promise<void>;
}

export async function startScriptedHost(
  maxCachedWorkflows: number,
  { slots = 100 }: Options = {},
): Promise<ScriptedHost> {
  const { address, namespace } = await openNamespace();
  const connection = await NativeConnection.connect({ address });
  const client = new Client({ connection: await Connection.connect({ address }), namespace });
  const activities = landEverything();
  // Looked up at every call, so that a test can replace one.
  const late = Object.fromEntries(
    Object.keys(activities).map((name) => [
      name,
      (input: never) => (activities[name as keyof HostActivities] as (given: never) => Promise<unknown>)(input),
    ]),
  );
  const codec: PayloadCodec = {
    async encode(payloads) {
      for (const { data } of payloads) await host.handingOn(Buffer.from(data ?? []).toString());
      return payloads;
    },
    decode: (payloads) => Promise.resolve(payloads),
  };
  const control = {
    tellQueue: makeTellQueue(client),
    requestVerification: makeRequestVerification(client),
    cancelVerification: makeCancelVerification(client),
    findEndedUnits: makeFindEndedUnits(client),
    lookAtRun: makeLookAtRun(client),
    findFullHosts: makeFindFullHosts(client),
  };
  const shared = { connection, namespace, maxHeartbeatThrottleInterval: '100ms' } as const;
  const workers = [
    await Worker.create({
      ...shared,
      taskQueue: taskQueues.workflows,
      ...(await workflowCode()),
      activities: { ...late, ...control },
      maxCachedWorkflows,
      dataConverter: { payloadCodecs: [codec] },
    }),
    await Worker.create({ ...shared, taskQueue: taskQueues.verify, activities: late }),
    await Worker.create({ ...shared, taskQueue: taskQueues.landing, activities: late }),
  ];
  const running = Promise.all(workers.map((worker) => worker.run()));
  const openSlots = async (maxConcurrentActivityTaskExecutions: number): Promise<Slots> => {
    const agents = { taskQueue: taskQueues.agents, activities: late, maxConcurrentActivityTaskExecutions };
    const worker = await Worker.create({ ...shared, ...agents });
    const ended = worker.run();
    const stop = (): void => (worker.getState() === 'RUNNING' ? worker.shutdown() : undefined);
    return {
      async stopPolling() {
        stop();
        await vi.waitFor(() => expect(worker.getState()).toMatch(/^DRAIN/), { timeout: 60_000 });
      },
      drain() {
        stop();
        return ended;
      },
    };
  };
  const agents = slots === 0 ? null : await openSlots(slots);
  const host: ScriptedHost = {
    client,
    address,
    namespace,
    activities,
    handingOn: () => Promise.resolve(),
    openSlots,
    async close() {
      await agents?.drain();
      for (const worker of workers) worker.shutdown();
      await running;
      await connection.close();
      await client.connection.close();
    },
  };
  return host;
}

export function runInput(
  id: string,
  nodes: readonly PlanNode[],
  settings: Partial<RunInput['settings']> = {},
): RunInput {
  return {
    context: { ...context(id), queue: `queue:${id}-0a1b2c3d` },
    slug: 'repository',
    goal: 'Try the workflows',
    model: 'scripted',
    graph: graphOf(nodes),
    settings: {
      ...runSettings,
      approvalSeconds: 600,
      ...settings,
    },
  };
}

export function startRun(host: ScriptedHost, input: RunInput) {
  return host.client.workflow.start(runWorkflowType, {
    workflowId: `run:${input.context.run}`,
    taskQueue: taskQueues.workflows,
    args: [input],
  });
}

export function unitHandle(host: ScriptedHost, input: RunInput, unit: PlanNode) {
  return host.client.workflow.getHandle(unitWorkflowId(input.context.run, unit.id));
}

let counter = 100;

/** Results, candidates and tips are numbers here; every one is new. */
export function nextSha() {
  counter += 1;
  return sha(counter);
}

/** A slice whose work is done, and lands when people agree. */
export function resultThatAsks(policy: ApprovalPolicy): SliceResult {
  const work = { result: nextSha(), base: nextSha(), changed: ['src/a.ts'], changedCount: 1 };
  const outcome = { status: 'done', verdict: { decide: 'ask', policy }, ...work } as const;
  return { outcome, totals: { ...noTotals, turns: 1 }, seconds: 0 };
}

/** The units in flight that a candidate, or a verification, stands for. */
const unitsAt = new Map<string, readonly string[]>();

export function unitsIn(commitOrKey: string): readonly string[] {
  return unitsAt.get(commitOrKey) ?? [];
}

const oneFile = { files: 1, additions: 1, deletions: 0 };

/** A train in which every member is stacked, unless the test says otherwise. */
export function builtTrain(
  { queue, train, contexts, members, on }: BuildTrainInput,
  resultOf: (unit: string, member: TrainMember) => MemberResult | null = () => null,
): Exclude<BuildTrainResult, { status: 'unchanged' | 'refused' }> {
  const target = on?.target ?? nextSha();
  const [first] = contexts;
  if (first === undefined) throw new Error('a train without a run');
  const { repository, stateRemote } = first;
  let units = on === null ? [] : unitsIn(on.commit);
  const results = members.map((member): MemberResult => {
    const { unit, leaving } = member;
    const other = leaving === true ? ({ status: 'gone' } as const) : resultOf(unit, member);
    if (other !== null) return other;
    const commit = nextSha();
    const key = commit.slice(-32);
    units = [...units, unit];
    unitsAt.set(commit, units).set(key, units);
    return { status: 'stacked', commit, key, size: oneFile };
  });
  const source = {
    repository,
    stateRemote,
    ref: `refs/coppice/queues/${queue.slice(-8)}/train-${train}`,
    commit: nextSha(),
  };
  const rules = emptyQueue('').rules;
  return { status: 'built', target, rules, members: results, source, targetKey: target.slice(-32) };
}

export function conflictIn(path: string): MemberResult {
  return { status: 'conflict', conflicts: [{ path, kind: 'contents' }] };
}

function landEverything(): HostActivities {
  return {
    async runSlice() {
      const outcome = {
        status: 'done',
        result: nextSha(),
        base: sha(2),
        verdict: { decide: 'allow' },
        changed: ['a.ts'],
        changedCount: 1,
      } as const;
      return { outcome, totals: { ...noTotals, turns: 1, costUsd: 0.5, hosts: ['h1'] }, seconds: 0.01 };
    },
    async buildTrain(input) {
      return builtTrain(input);
    },
    async verifyTree() {
      return { status: 'green' };
    },
    async tryTarget() {
      return { status: 'green', commit: nextSha(), log: null };
    },
    async landTrain() {
      return { status: 'landed' };
    },
    async prepareBrief() {
      return { verdict: { decide: 'deny', rule: 'conflict: deny' }, brief: null };
    },
    async takeResolution() {
      throw new Error('nobody resolves anything');
    },
    async saveRecords() {
      return sha(4);
    },
    async writeReport() {
      return sha(3);
    },
    async postCard({ channel }) {
      return { channel, ts: '1.1' };
    },
    async settleCard() {},
    remindPeople: () => Promise.resolve(),
    checkProof: () => Promise.resolve('missing'),
    async tellPeople() {
      return null;
    },
    async replyPrivately() {},
  };
}
