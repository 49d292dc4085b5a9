// Questions that a worker must answer (queries, updates): with a deadline, and a named error when none does.

import type { Client } from '@temporalio/client';
import { WorkflowUpdateRPCTimeoutOrCancelledError, isGrpcServiceError } from '@temporalio/client';
import { failure, failureType } from '../domain/failures.ts';
import { taskQueues } from '../domain/task-queues.ts';
import proto from '@temporalio/proto';

/** How long a worker may take to answer. */
const patienceMs = 5_000;

/** Throws `TemporalUnreachable` when nobody answered in time; the question may still be answered later. */
export async function withWorker<Answer>(client: Client, ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await client.connection.withDeadline(Date.now() + patienceMs, ask);
  } catch (error) {
    if (!isUnanswered(error)) throw error;
    const message = `no worker answers on ${taskQueues.workflows}; start one with \`coppice worker\``;
    throw failure('TemporalUnreachable', message, { cause: error });
  }
}

/**
 * Nobody has answered: in time, or at all (no worker polls, the server restarts, the workflow has just continued as
 * new). Says nothing about what happened: the outcome is unknown, not failed.
 */
export function isUnanswered(error: unknown): boolean {
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return true;
  if (failureType(error) === 'TemporalUnreachable') return true;
  if (isGrpcServiceError(error) && unansweredCodes.has(error.code)) return true;
  return error instanceof Error && error.cause !== undefined && isUnanswered(error.cause);
}

/** gRPC: cancelled, deadline exceeded, resource exhausted, failed precondition ("no poller seen"), aborted, unavailable. */
const unansweredCodes: ReadonlySet<number> = new Set([1, 4, 8, 9, 10, 14]);

const { TASK_QUEUE_TYPE_ACTIVITY, TASK_QUEUE_TYPE_WORKFLOW } = proto.temporal.api.enums.v1.TaskQueueType;

/** Who has polled each task queue in the last five minutes. */
export async function pollersOf(client: Client): Promise<Record<keyof typeof taskQueues, string[]>> {
  const identities = async (name: string): Promise<string[]> => {
    const { pollers } = await client.workflowService.describeTaskQueue({
      namespace: client.options.namespace,
      taskQueue: { name },
      taskQueueType: name === taskQueues.workflows ? TASK_QUEUE_TYPE_WORKFLOW : TASK_QUEUE_TYPE_ACTIVITY,
    });
    return [...new Set((pollers ?? []).map(({ identity }) => identity ?? ''))].toSorted();
  };
  const { workflows, agents, verify } = taskQueues;
  return { workflows: await identities(workflows), agents: await identities(agents), verify: await identities(verify) };
}

/** Task queues that a run needs and that no worker has polled lately. */
export async function unpolledQueues(client: Client): Promise<string[]> {
  const pollers = await pollersOf(client);
  const roles = ['workflows', 'agents', 'verify'] as const;
  return roles.filter((role) => pollers[role].length === 0).map((role) => taskQueues[role]);
}
