// Starts a prepared run: plan and pinned configuration go to the state remote, then the run workflow starts with their
// commit. Safe to interrupt: a plan without a workflow is a ref that `prune` deletes.

import type { Client } from '@temporalio/client';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { WorkflowIdReusePolicy } from '@temporalio/common';
import type { Env } from '../domain/environment.ts';
import type { PreparedRun } from './prepare-run.ts';
import type { RunId } from '../domain/ids.ts';
import type { RunInput } from '../domain/run.ts';
import type { RunMemo } from './run-memo.ts';
import { approvalTtlSeconds } from '../domain/approval.ts';
import { coppicePhase, coppiceRepository, coppiceRun } from '../domain/search-attributes.ts';
import { failure } from '../domain/failures.ts';
import { runWorkflowId, stateRefs } from '../domain/ids.ts';
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
  const goal = plan.goal.split('\n', 1)[0]?.slice(0, 200) ?? '';
  const input: RunInput = {
    context: { run, repository, branch, stateRemote, queue, plan: planCommit, base, requestedBy },
    slug,
    goal,
    model: config.agent.model,
    nodes: plan.units.map(({ id, title, needs, budgetUsd }) => ({ id, title, needs, budgetUsd })),
    settings: {
      parallel: config.run.parallel,
      budgetUsd: config.run.budgetUsd,
      unitBudgetUsd: config.agent.budgetUsd,
      slackChannel: config.notify.slack?.channel ?? null,
      approvalSeconds: approvalTtlSeconds,
    },
  };
  const memo: RunMemo = {
    repository,
    branch,
    stateRemote,
    startedBy: requestedBy,
    goal,
    startedAt: new Date().toISOString(),
    progress: { total: plan.units.length, landed: 0, failed: 0, costUsd: 0 },
  };
  try {
    await client.workflow.start('runWorkflow', {
      workflowId: runWorkflowId(run),
      taskQueue: taskQueues.workflows,
      args: [input],
      workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
      memo: { ...memo },
      staticSummary: goal || `${plan.units.length} units on ${branch}`,
      typedSearchAttributes: [
        { key: coppiceRun, value: run },
        { key: coppiceRepository, value: slug },
        { key: coppicePhase, value: 'running' },
      ],
    });
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) throw idTaken(run);
    throw error;
  }
}

/** Asked before the plan is written, so that the plan of the run that has the id stays what it is. */
async function refuseKnownId(client: Client, run: RunId): Promise<void> {
  const known = await client.workflow
    .getHandle(runWorkflowId(run))
    .describe()
    .catch(() => null);
  if (known !== null) throw idTaken(run);
}

function idTaken(run: RunId): Error {
  return failure('BadInput', `a run ${run} exists already; give another --id, or none`);
}
