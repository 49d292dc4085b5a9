// The messages and queries of a merge queue's workflow.

import type { LandingSubject } from '../activities/landing.ts';
import type { RunId, Sha, UnitId } from '../ids.ts';
import { query, signal } from '../define.ts';

export const mergeQueueWorkflowType = 'mergeQueueWorkflow';

/** Unit → queue, by the `tellQueue` activity. */
export type QueueMessage =
  | { readonly type: 'enqueue'; readonly subject: LandingSubject }
  | { readonly type: 'withdraw'; readonly run: RunId; readonly unit: UnitId; readonly result: Sha };

/** A signal, because a queue's first message starts it (signal-with-start). */
export const queueSignal = signal<[QueueMessage]>('queue');

/** The part of a queue's state that others read: its entries, in order. */
export interface QueueView {
  readonly entries: readonly {
    readonly subject: Pick<LandingSubject, 'context' | 'unit'>;
    readonly stage: { readonly name: 'waiting' | 'building' | 'verifying' | 'landing' };
    /** When the stage began, ISO 8601. */
    readonly since: string;
  }[];
}

export const queueViewQuery = query<QueueView>('view');
