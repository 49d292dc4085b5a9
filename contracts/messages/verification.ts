// The messages of a verification's workflow, whose id is `verify:<key>`: queues subscribe, and each hears the verdict.

import type { Verdict, VerificationSource } from '../activities/verification.ts';
import { query, signal } from '../define.ts';

export const verificationWorkflowType = 'verificationWorkflow';

export interface Subscription {
  /** Workflow id of the queue. */
  readonly queue: string;
  readonly source: VerificationSource;
  readonly timeoutSeconds: number;
}

/** Queue → verification, by the `requestVerification` activity, which starts it if need be. */
export const subscribeSignal = signal<[Subscription]>('subscribe');

/** Queue → verification. When nobody is subscribed any more, it is cancelled. */
export const unsubscribeSignal = signal<[{ readonly queue: string }]>('unsubscribe');

/** The part of a verification's state that others read. */
export interface VerificationView {
  readonly queues: readonly string[];
}

export const verificationViewQuery = query<VerificationView>('view');

/** Verification → queue. */
export interface VerdictMessage {
  readonly key: string;
  readonly verdict: Verdict;
}

export const verdictSignal = signal<[VerdictMessage]>('verdict');
