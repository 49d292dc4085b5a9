// Questions that a worker must answer (queries, updates): with a deadline, and a named error if no worker does.

import type { Client } from '@temporalio/client';
import { WorkflowUpdateRPCTimeoutOrCancelledError, isGrpcServiceError } from '@temporalio/client';
import { failure, failureType } from '../contracts/failures.ts';
import { explainStart } from './start/ready-server.ts';
import { presenceQueue, taskQueues } from '../contracts/task-queues.ts';
import proto from '@temporalio/proto';

/** How long a worker may take to answer, unless the question takes longer. */
const patienceMs = 5_000;
/** How long the server may take to list the pollers. */
const pollersWithinMs = 3_000;

/** Throws `TemporalUnreachable` if no answer came in time; the question may still be answered later. */
export async function withWorker<Answer>(
  client: Client,
  ask: () => Promise<Answer>,
  withinMs = patienceMs,
): Promise<Answer> {
  try {
    return await client.connection.withDeadline(Date.now() + withinMs, ask);
  } catch (error) {
    if (!isUnanswered(error)) throw error;
    const message = `no worker answers on ${taskQueues.workflows}; start one with \`coppice worker\``;
    throw failure('TemporalUnreachable', message, { cause: error });
  }
}

/**
 * No answer came, in time or at all (no worker polls, the server restarts, the workflow has just continued as
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

/** A worker polls again every minute; the server still lists pollers of the last five minutes. */
const pollsWithinMs = 90_000;

/**
 * The pollers of each task queue; `hosts` are all hosts, those that drain included. Throws `TemporalUnreachable` if the
 * server does not answer soon.
 */
export async function pollersOf(client: Client): Promise<Record<keyof typeof taskQueues | 'hosts', string[]>> {
  try {
    return await client.connection.withDeadline(Date.now() + pollersWithinMs, async () => {
      const [workflows, agents, verify, landing, present] = await Promise.all([
        pollersOfQueue(client, taskQueues.workflows),
        pollersOfQueue(client, taskQueues.agents),
        pollersOfQueue(client, taskQueues.verify),
        pollersOfQueue(client, taskQueues.landing),
        pollersOfQueue(client, presenceQueue),
      ]);
      // Hosts of earlier releases poll for work only.
      const hosts = [...new Set([...present, ...agents, ...verify])].toSorted();
      return { workflows, agents, verify, landing, hosts };
    });
  } catch (error) {
    if (!isUnanswered(error)) throw explainStart(error, client.options.namespace);
    throw failure('TemporalUnreachable', 'the Temporal server does not say whether a worker polls', { cause: error });
  }
}

async function pollersOfQueue(client: Client, name: string): Promise<string[]> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name },
    taskQueueType: name === taskQueues.workflows ? TASK_QUEUE_TYPE_WORKFLOW : TASK_QUEUE_TYPE_ACTIVITY,
  });
  const since = Date.now() - pollsWithinMs;
  const polling = (pollers ?? []).filter(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1000 >= since);
  return [...new Set(polling.map(({ identity }) => identity ?? ''))].toSorted();
}

/** Task queues that a run needs and that no worker polls. Throws as `pollersOf` does. */
export async function unpolledQueues(client: Client): Promise<string[]> {
  const pollers = await pollersOf(client);
  const roles = ['workflows', 'agents', 'verify', 'landing'] as const;
  return roles.filter((role) => pollers[role].length === 0).map((role) => taskQueues[role]);
}
