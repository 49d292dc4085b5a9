// The messages and queries of a merge queue's workflow.

import type { LandingSubject } from '../activities/landing.ts';
import type { QueueView, QueueViewRequest, SteerAnswer, SteerRequest } from '../queue-view.ts';
import type { RunId, Sha, UnitId } from '../ids.ts';
import { query, signal, update } from '../define.ts';

export type {
  QueueView,
  QueueViewEntry,
  QueueViewRequest,
  QueueViewTrain,
  RevertEnd,
  SteerAnswer,
  SteerRequest,
} from '../queue-view.ts';

export const mergeQueueWorkflowType = 'mergeQueueWorkflow';

/** A queue's memo names the form of its history; queues of earlier releases have none, and are replaced. */
export const queueMemo = { queue: 2 } as const;

export function isQueueOfToday(memo: Readonly<Record<string, unknown>> | undefined): boolean {
  return memo?.['queue'] === queueMemo.queue;
}

/** Unit → queue, by the `tellQueue` activity. */
export type QueueMessage =
  | { readonly type: 'enqueue'; readonly subject: LandingSubject }
  | { readonly type: 'withdraw'; readonly run: RunId; readonly unit: UnitId; readonly result: Sha };

/** A signal, because a queue's first message starts it (signal-with-start). */
export const queueSignal = signal<[QueueMessage]>('queue');

/** Answers whether the queue does it. The signal of the same shape is for the Web UI and when no worker runs. */
export const steerUpdate = update<SteerAnswer, [SteerRequest]>('steer');
export const steerSignal = signal<[SteerRequest]>('steer');

export const queueViewQuery = query<QueueView, [QueueViewRequest?]>('view');
