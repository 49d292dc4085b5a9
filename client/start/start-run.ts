// Starts a prepared run: plan and pinned configuration go to the state remote, then the run workflow starts with their
// commit. The plan's ref is created, never replaced, so of two starts with one id one is refused, whichever server they
// use. If the server refuses a start, its plan is removed. Safe to interrupt: a plan without a workflow is a ref that
// `prune` deletes.

import type { Client } from '@temporalio/client';
import { WorkflowExecutionAlreadyStartedError, isGrpcServiceError } from '@temporalio/client';
import { WorkflowIdReusePolicy } from '@temporalio/common';
import type { RunInput } from '../../domain/run/input.ts';
import type { RunSettings } from '../../domain/run/settings.ts';
import type { Config } from '../../contracts/documents/config.ts';
import type { Env } from '../../domain/environment.ts';
import type { Plan, PlannerTask, RunContext } from '../../contracts/documents/plan.ts';
import { plannerOf } from './planner-of.ts';
import type { PreparedRun } from './prepare-run.ts';
import type { RunId, Sha } from '../../contracts/ids.ts';
import type { RunMemo } from '../runs/run-memo.ts';
import { approvalTtlSeconds } from '../../domain/approval/decide.ts';
import { configCodec, configFile, planCodec, planFile } from '../../formats/state-documents/plan.ts';
import { type NoticeChannel, channelsIn, noticeChannelsIn, togetherOf } from '../../contracts/people.ts';
import type { RunAccess } from '../../contracts/run-access.ts';
import { coppicePhase, coppiceRepository, coppiceRun } from '../../contracts/search-attributes.ts';
import { createStateFiles } from '../../git/state-files.ts';
import { deleteRefs } from '../../git/state-refs.ts';
import { failure } from '../../contracts/failures.ts';
import { idKept, idTaken, refuseKeptId, refuseKnownId } from './known-ids.ts';
import { planHash } from '../runs/run-memo.ts';
import { runWorkflowType } from '../../contracts/messages/run.ts';
import { runWorkflowId, stateRefs } from '../../contracts/ids.ts';
import { keyOf } from '../../domain/approval/persons.ts';
import { planRequestOf } from '../../formats/policy/plan-request.ts';
import { judgePlan } from '../../formats/policy/judge-plan.ts';
import { judgeAsking } from '../../formats/policy/judge-asking.ts';
import { packGraph } from '../../domain/plan/graph.ts';
import { markdownCode, webUiText } from '../../domain/text/inert.ts';
import { maxCost } from '../../domain/money/max-cost.ts';
import { identityOf } from '../../git/identity.ts';
import { explainStart, readyServer } from './ready-server.ts';
import { remoteFor } from '../../git/remote-for.ts';
import { count } from '../../domain/text/count.ts';
import { runFacts } from '../../domain/run/facts.ts';
import { taskQueues } from '../../contracts/task-queues.ts';

export interface StartParts {
  readonly client: Client;
  readonly env: Env;
  readonly run: RunId;
  readonly prepared: PreparedRun;
  readonly requestedBy: string;
}

/** Throws `BadInput` if the id exists, in Temporal or on the state remote. */
export async function startRun({ client, env, run, prepared, requestedBy }: StartParts): Promise<void> {
  const { plan, config, repository, branch, stateRemote, queue, base, slug } = prepared;
  const remote = remoteFor(stateRemote, env);
  await readyServer(client);
  await Promise.all([refuseKnownId(client, run), refuseKeptId(remote, run)]);
  const { planFiles = {} } = prepared;
  const files = { ...planFiles, [planFile]: planCodec.write(plan), [configFile]: configCodec.write(config) };
  const ref = stateRefs.plan(run);
  const message = `Plan of ${run}`;
  const planCommit = await createStateFiles({ remote, ref, files, message, identity: identityOf(env) });
  if (planCommit === null) throw idKept(remote, run);
  const context = { run, repository, branch, stateRemote, queue, plan: planCommit, base, requestedBy };
  const { allowRedBase = false } = prepared;
  // Of a plan that is still to be made, people are asked once it is.
  const planAsk = plannerOf(prepared) === null ? planAskOf(prepared, planCommit) : null;
  const asks = planAsk === null ? {} : { planAsk };
  const input = runInput({ context, slug, plan, config, allowRedBase, ...asks });
  const total = plannerOf(prepared) === null ? plan.units.length : 0;
  const progress = { total, landed: 0, failed: 0, costUsd: 0 };
  try {
    const memo = {
      startedAt: new Date(),
      progress,
      planHash: planHash(prepared),
      slack: accessOf(config, requestedBy),
    };
    await startRunWorkflow(client, input, { ...memo, reuse: 'REJECT_DUPLICATE' });
  } catch (error) {
    const isTaken = error instanceof WorkflowExecutionAlreadyStartedError;
    // If the plan cannot be deleted now, `prune` can; the user must hear why nothing started.
    const takeBack = () => deleteRefs(remote, new Map([[ref, planCommit]])).catch(() => undefined);
    if (isTaken || (isRefusal(error) && !(await isKnown(client, run)))) await takeBack();
    throw isTaken ? idTaken(run) : explainStart(error, client.options.namespace);
  }
}

/**
 * The server has answered that it starts nothing. Without an answer (a deadline, a lost connection) the workflow may be
 * running, and needs its plan.
 */
function isRefusal(error: unknown): boolean {
  if (isGrpcServiceError(error)) return refusals.has(error.code);
  return error instanceof Error && error.cause !== undefined && isRefusal(error.cause);
}

/** True if the server does not say. */
async function isKnown(client: Client, run: RunId): Promise<boolean> {
  return refuseKnownId(client, run).then(
    () => false,
    () => true,
  );
}

/** gRPC: invalid argument, not found, permission denied, resource exhausted, failed precondition, unimplemented, unauthenticated. */
const refusals: ReadonlySet<number> = new Set([3, 5, 7, 8, 9, 12, 16]);

interface RunParts {
  readonly context: RunContext;
  readonly slug: string;
  readonly plan: Plan;
  readonly config: Config;
  readonly allowRedBase?: boolean;
  /** Absent = nobody is asked about the plan, or people have agreed to it. */
  readonly planAsk?: NonNullable<RunSettings['planAsk']>;
}

/** What people must agree to before anything begins; null = nobody is asked. `commit`: of the plan. */
export function planAskOf(
  { plan, config, warnings = [] }: Pick<PreparedRun, 'plan' | 'config'> & Partial<Pick<PreparedRun, 'warnings'>>,
  commit: Sha,
): NonNullable<RunSettings['planAsk']> | null {
  const verdict = judgePlan(config, { unitCount: plan.units.length, budgetUsd: maxCost(config, plan) });
  return verdict.decide === 'ask'
    ? { policy: verdict.policy, request: planRequestOf({ plan, config }, commit, { warnings }) }
    : null;
}

/** Throws `BadPlan` if the graph is too large for a payload. */
export function runInput({ context, slug, plan, config, allowRedBase = false, planAsk }: RunParts): RunInput {
  const graph = packGraph(plan.units);
  if (graph === null) {
    const needs = plan.units.reduce((sum, unit) => sum + unit.needs.length, 0);
    throw failure(
      'BadPlan',
      `the plan has too many dependencies for one run: ${needs} needs of ${plan.units.length} units`,
    );
  }
  const planner = plan.units[0]?.planner;
  const notices = noticeChannelsIn(config.notify).filter(isToldOfRuns);
  return {
    // In the order in which the Web UI shows it to people.
    goal: plan.goal.split('\n', 1)[0]?.slice(0, 200) ?? '',
    model: config.agent.model,
    context,
    slug,
    settings: {
      parallel: config.run.parallel,
      budgetUsd: config.run.budgetUsd,
      unitBudgetUsd: config.agent.budgetUsd,
      maxTokens: config.run.maxTokens,
      maxTurns: config.run.maxTurns,
      maxSeconds: config.run.maxSeconds,
      budgetVerdict: judgeAsking(config, 'budget'),
      channels: channelsIn(config.notify),
      ...(notices.length === 0 ? {} : { notices }),
      approvalSeconds: approvalTtlSeconds,
      ...(planAsk === undefined ? {} : { planAsk }),
      ...(planner === undefined ? {} : { planning: planningOf(planner) }),
      ...(config.setup === null && config.verify.length === 0 ? {} : { tryTarget: { allowRed: allowRedBase } }),
    },
    graph,
  };
}

function planningOf({ only, unitsOnly }: PlannerTask): NonNullable<RunSettings['planning']> {
  return { only, ...(unitsOnly === undefined ? {} : { unitsOnly }) };
}

/** Ids that a memo has room for. */
const mostIds = 500;

/** Who may see and steer the run from Slack. */
export function accessOf({ people, persons = [], notify }: Config, requestedBy: string): RunAccess {
  const all = togetherOf(Object.values(people)).slack ?? [];
  const name = keyOf('users', requestedBy);
  const requester = persons.filter(({ users = [] }) => users.some((each) => keyOf('users', each) === name));
  return {
    channel: notify.slack?.channel ?? null,
    people: all.slice(0, mostIds),
    requester: requester.flatMap(({ slack = [] }) => slack),
  };
}

function isToldOfRuns({ tell }: NoticeChannel): boolean {
  return tell.some((topic) => topic !== 'approvals');
}

interface StartOptions {
  readonly startedAt: Date;
  readonly progress: NonNullable<RunMemo['progress']>;
  readonly planHash: string;
  readonly slack?: RunAccess;
  readonly reuse: 'REJECT_DUPLICATE' | 'ALLOW_DUPLICATE';
}

/**
 * Throws `WorkflowExecutionAlreadyStartedError` if the run is open, or, where duplicates are rejected, if it is known.
 */
export async function startRunWorkflow(
  client: Client,
  input: RunInput,
  { startedAt, progress, planHash: hash, slack, reuse }: StartOptions,
): Promise<void> {
  const { context, slug, goal, graph, model, settings } = input;
  const units = settings.planning === undefined ? graph.length : null;
  const { run, repository, branch, stateRemote, requestedBy: startedBy } = context;
  const memo: RunMemo = {
    repository,
    branch,
    stateRemote,
    startedBy,
    goal,
    startedAt: startedAt.toISOString(),
    planHash: hash,
    ...(slack === undefined ? {} : { slack: { ...slack, people: [...slack.people], requester: [...slack.requester] } }),
    progress,
    ...(input.settings.tryTarget?.allowRed === true ? { allowRedBase: true } : {}),
  };
  await client.workflow.start(runWorkflowType, {
    workflowId: runWorkflowId(run),
    taskQueue: taskQueues.workflows,
    args: [input],
    workflowIdReusePolicy: WorkflowIdReusePolicy[reuse],
    memo: { ...memo },
    staticDetails: runFacts({ context, model, units, limits: settings }).join('\n'),
    staticSummary: webUiText(goal) || `${count(graph.length, 'unit')} on ${markdownCode(branch)}`,
    typedSearchAttributes: [
      { key: coppiceRun, value: run },
      { key: coppiceRepository, value: slug },
      { key: coppicePhase, value: input.settings.planning === undefined ? 'running' : 'planning' },
    ],
  });
}
