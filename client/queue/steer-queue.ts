// Steers a merge queue: the queue judges, and answers whether it did. If no worker answers, the same request goes as a
// signal and is judged when a worker comes. A queue that has not begun can be paused or drained: the request starts it.

import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import {
  type SteerAnswer,
  type SteerRequest,
  mergeQueueWorkflowType,
  steerSignal,
  steerUpdate,
} from '../../contracts/messages/queue.ts';
import { type QueuePlace, queueStart } from '../../domain/queue/start.ts';
import { failure } from '../../contracts/failures.ts';
import { isUnanswered, withWorker } from '../with-worker.ts';

/** Returns what was done, in words. Throws `Refused` with the reason, `NotFound` and `TemporalUnreachable`. */
export async function steerQueue(client: Client, place: QueuePlace, request: SteerRequest): Promise<string> {
  const { queue } = place;
  try {
    const answer = await ask(client, queue, request);
    if (answer.accepted) return answer.message;
    const hint = 'Nothing was changed; `coppice queue list` shows what is in the queue.';
    throw failure(answer.notFound === true ? 'NotFound' : 'Refused', answer.message, { hint });
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    if (request.type === 'pause' || request.type === 'drain') return begin(client, place, request);
    throw failure('NotFound', `there is no merge queue ${queue}: nothing was handed in on this branch`, {
      hint: 'Check --repo and --branch; `coppice queue list` names the branch that they lead to.',
      cause: error,
    });
  }
}

/** A freeze must be possible before the first result comes. */
async function begin(client: Client, place: QueuePlace, request: SteerRequest): Promise<string> {
  const signal = { signal: steerSignal, signalArgs: [request] as [SteerRequest] };
  await withWorker(client, () =>
    client.workflow.signalWithStart(mergeQueueWorkflowType, { ...queueStart(place), ...signal }),
  );
  const done = request.type === 'pause' ? 'paused' : 'drains';
  return `${request.by} ${done} the queue, which nothing was handed in to yet`;
}

async function ask(client: Client, queue: string, request: SteerRequest): Promise<SteerAnswer> {
  const handle = client.workflow.getHandle(queue);
  try {
    return await withWorker(client, () => handle.executeUpdate(steerUpdate, { args: [request] }));
  } catch (error) {
    if (!isUnanswered(error)) throw error;
    await withWorker(client, () => handle.signal(steerSignal, request));
    return { accepted: true, message: 'recorded: no worker answers now; the queue judges it when one does' };
  }
}
