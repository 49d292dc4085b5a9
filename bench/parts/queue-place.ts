// A merge queue with workers of its own on a Temporal server that several queues share: a namespace, one orchestrator
// and one host. Queues in the same place use the host one after the other.

import type { Client } from '@temporalio/client';
import { Connection } from '@temporalio/client';
import type { QueueView, SteerRequest } from '../../contracts/messages/queue.ts';
import type { Stage } from './stage.ts';
import type { WorkerPlace } from '../../scripts/demo/processes.ts';
import type { RunContext } from '../../contracts/documents/plan.ts';
import { acceptedUrl } from '../../git/remote-for.ts';
import { connectClient } from '../../client/temporal.ts';
import { createNamespace } from '../../scripts/cluster/namespace.ts';
import { coppicePhase, coppiceRepository } from '../../contracts/search-attributes.ts';
import {
  mergeQueueWorkflowType,
  queueMemo,
  queueViewQuery,
  steerSignal,
  steerUpdate,
} from '../../contracts/messages/queue.ts';
import { taskQueues } from '../../contracts/task-queues.ts';

const by = 'bench';

export interface QueuePlace {
  readonly client: Client;
}

export interface PlaceOptions {
  readonly verifySlots: number;
  /** For COPPICE_SANDBOX_PATHS. */
  readonly toolchain?: string;
  /** Workers of another release; absent = ours. */
  readonly release?: Pick<WorkerPlace, 'program'>;
}

export async function openPlace(
  stage: Stage,
  name: string,
  { verifySlots, toolchain = '', release = {} }: PlaceOptions,
): Promise<QueuePlace> {
  const address = stage.env.TEMPORAL_ADDRESS;
  const connection = await Connection.connect({ address });
  await createNamespace(connection, name);
  await connection.close();
  const env = { TEMPORAL_NAMESPACE: name, COPPICE_SANDBOX_PATHS: toolchain };
  await Promise.all([
    stage.worker(`${name}-orchestrator`, ['--role', 'orchestrator'], env, release),
    stage.worker(`${name}-host`, ['--role', 'host', '--slots', '1', '--verify-slots', `${verifySlots}`], env, release),
  ]);
  return { client: await connectClient({ address, namespace: name, options: { address } }) };
}

/** Starts the queue of a branch, paused: what is handed in waits until `resume`. */
export async function startPaused({ client }: QueuePlace, { queue, repository, branch }: RunContext): Promise<void> {
  await client.workflow.signalWithStart(mergeQueueWorkflowType, {
    workflowId: queue,
    taskQueue: taskQueues.workflows,
    args: [{ repository, branch }],
    signal: steerSignal,
    signalArgs: [{ type: 'pause', by }],
    memo: queueMemo,
    typedSearchAttributes: [
      { key: coppiceRepository, value: acceptedUrl(repository).slug },
      { key: coppicePhase, value: 'queue' },
    ],
  });
}

/** Holds back what is handed in from now on, until `resume`. */
export async function pause(place: QueuePlace, context: RunContext): Promise<void> {
  await steer(place, context, { type: 'pause', by });
}

export async function resume(place: QueuePlace, context: RunContext): Promise<void> {
  await steer(place, context, { type: 'resume', by });
}

async function steer({ client }: QueuePlace, { queue }: RunContext, request: SteerRequest): Promise<void> {
  const answer = await client.workflow.getHandle(queue).executeUpdate(steerUpdate, { args: [request] });
  if (!answer.accepted) throw new Error(answer.message);
}

async function viewOf({ client }: QueuePlace, { queue }: RunContext): Promise<QueueView> {
  return client.workflow.getHandle(queue).query(queueViewQuery, { limit: 1 });
}

/** Waits until nothing is in the queue. Throws if it is stuck: nothing was landed or ejected for ten minutes. */
export async function untilEmpty(place: QueuePlace, context: RunContext): Promise<void> {
  let [left, since] = [Number.POSITIVE_INFINITY, Date.now()];
  for (;;) {
    const { total, decisions, trains, paused } = await viewOf(place, context);
    if (total === 0) return;
    if (total < left) [left, since] = [total, Date.now()];
    if (paused !== null || Date.now() - since > 600_000) {
      throw new Error(
        `the queue is stuck: ${JSON.stringify({ total, trains, paused, decisions: decisions.slice(-3) })}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
