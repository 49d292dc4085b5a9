// Starts a prepared run: plan and pinned configuration go to the state remote, then the run workflow starts with their
// commit. Safe to interrupt: a plan without a workflow is a ref that `prune` deletes.

import type { Client } from '@temporalio/client';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { WorkflowIdReusePolicy } from '@temporalio/common';
import type { Config } from '../domain/config.ts';
import type { Env } from '../domain/environment.ts';
import type { Plan, RunContext } from '../domain/plan.ts';
import type { PreparedRun } from './prepare-run.ts';
import type { RunId } from '../domain/ids.ts';
import type { RunInput } from '../domain/run-state.ts';
import type { RunMemo } from './run-memo.ts';
import { approvalTtlSeconds } from '../domain/approval.ts';
import { coppicePhase, coppiceRepository, coppiceRun } from '../domain/search-attributes.ts';
import { failure } from '../domain/failures.ts';
import { runWorkflowId, stateRefs } from '../domain/ids.ts';
import { judgeAsking } from '../domain/policy.ts';
import { packGraph } from '../domain/run-graph.ts';
import { identityOf } from '../git/identity.ts';
import { remoteFor } from '../git/remote-for.ts';
import { taskQueues } from '../domain/task-queues.ts';
import { writeStateFiles } from '../git/state.ts';

export interface StartParts {
  readonly client: Client;
  readonly env: Env;
  readonly run: RunId;
  readonly prepared: PreparedRun;
  readonly requestedBy: string;
}

/** Throws `BadInput` when the id exists. */
export async function startRun({ client, env, run, prepared, requestedBy }: StartParts): Promise<void> {
  await refuseKnownId(client, run);
  const { plan, config, repository, branch, stateRemote, queue, base, slug } = prepared;
  const files = { 'plan.json': JSON.stringify(plan), 'config.json': JSON.stringify(config) };
  const planCommit = await writeStateFiles({
    remote: remoteFor(stateRemote, env),
    ref: stateRefs.plan(run),
    files,
    message: `Plan of ${run}`,
    identity: identityOf(env),
  });
  const context = { run, repository, branch, stateRemote, queue, plan: planCommit, base, requestedBy };
  const input = runInput({ context, slug, plan, config });
  const progress = { total: plan.units.length, landed: 0, failed: 0, costUsd: 0 };
  try {
    await startRunWorkflow(client, input, { startedAt: new Date(), progress, reuse: 'REJECT_DUPLICATE' });
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) throw idTaken(run);
    throw error;
  }
}

interface RunParts {
  readonly context: RunContext;
  readonly slug: string;
  readonly plan: Plan;
  readonly config: Config;
}

/** Throws `BadPlan` for a graph that no payload can hold. */
export function runInput({ context, slug, plan, config }: RunParts): RunInput {
  const graph = packGraph(plan.units);
  if (graph === null) {
    const needs = plan.units.reduce((sum, unit) => sum + unit.needs.length, 0);
    throw failure(
      'BadPlan',
      `the plan has too many dependencies for one run: ${needs} needs of ${plan.units.length} units`,
    );
  }
  return {
    context,
    slug,
    goal: plan.goal.split('\n', 1)[0]?.slice(0, 200) ?? '',
    model: config.agent.model,
    graph,
    settings: {
      parallel: config.run.parallel,
      budgetUsd: config.run.budgetUsd,
      unitBudgetUsd: config.agent.budgetUsd,
      maxTokens: config.run.maxTokens,
      maxTurns: config.run.maxTurns,
      maxSeconds: config.run.maxSeconds,
      budgetVerdict: judgeAsking(config, 'budget'),
      slackChannel: config.notify.slack?.channel ?? null,
      approvalSeconds: approvalTtlSeconds,
    },
  };
}

interface StartOptions {
  readonly startedAt: Date;
  readonly progress: NonNullable<RunMemo['progress']>;
  readonly reuse: 'REJECT_DUPLICATE' | 'ALLOW_DUPLICATE';
}

/** Throws `WorkflowExecutionAlreadyStartedError` while the run is open, or, where duplicates are rejected, known. */
export async function startRunWorkflow(
  client: Client,
  input: RunInput,
  { startedAt, progress, reuse }: StartOptions,
): Promise<void> {
  const { context, slug, goal, graph } = input;
  const { run, repository, branch, stateRemote, requestedBy: startedBy } = context;
  const memo: RunMemo = {
    repository,
    branch,
    stateRemote,
    startedBy,
    goal,
    startedAt: startedAt.toISOString(),
    progress,
  };
  await client.workflow.start('runWorkflow', {
    workflowId: runWorkflowId(run),
    taskQueue: taskQueues.workflows,
    args: [input],
    workflowIdReusePolicy: WorkflowIdReusePolicy[reuse],
    memo: { ...memo },
    staticSummary: goal || `${graph.length} units on ${branch}`,
    typedSearchAttributes: [
      { key: coppiceRun, value: run },
      { key: coppiceRepository, value: slug },
      { key: coppicePhase, value: 'running' },
    ],
  });
}

/** Asked before the plan is written, so that the plan of the run that has the id stays what it is. */
export async function refuseKnownId(client: Client, run: RunId): Promise<void> {
  const known = await client.workflow
    .getHandle(runWorkflowId(run))
    .describe()
    .catch(() => null);
  if (known !== null) throw idTaken(run);
}

function idTaken(run: RunId): Error {
  return failure('BadInput', `a run ${run} exists already; give another --id, or none`);
}
