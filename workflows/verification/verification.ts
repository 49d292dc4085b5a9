// The verification of one tree, shared by everything that would land it: queues subscribe by signal (`requestVerification`
// starts it with the first) and hear the verdict by signal. It has no clock of its own: time begins on a host.
//
//   verifying ─ green ──────────────▶ Completed with the verdict: the same key is never verified again
//      │ ▲ └─── not green ──────────▶ Failed with the verdict: a new request starts it again
//      │ └ a queue comes back
//      └─ the last queue leaves, or a person cancels it ▶ Cancelled
//
// Whoever subscribes while it ends is answered, too: the server refuses to end a workflow that has a signal to read.

import type { Verdict } from '../../contracts/activities/verification.ts';
import {
  type Subscription,
  type VerificationView,
  subscribeSignal,
  unsubscribeSignal,
  verdictSignal,
  verificationViewQuery,
} from '../../contracts/messages/verification.ts';
import {
  CancellationScope,
  CancelledFailure,
  condition,
  getExternalWorkflowHandle,
  isCancellation,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { cancelVerification, verifyTree } from '../activities.ts';
import { describeFailure } from '../failure-text.ts';
import { failure } from '../../contracts/failures.ts';
import { verificationDetails } from '../pages/verification.ts';

export interface VerificationInput {
  readonly key: string;
}

export async function verificationWorkflow({ key }: VerificationInput): Promise<Verdict> {
  const verification = new Verification(key);
  setHandler(verificationViewQuery, () => verification.view);
  setHandler(subscribeSignal, (subscription) => verification.subscribe(subscription));
  setHandler(unsubscribeSignal, ({ queue }) => verification.unsubscribe(queue));
  CancellationScope.current().cancelRequested.catch(() => verification.noteCancel());
  const verdict = await CancellationScope.nonCancellable(() => verification.run());
  if (verdict === null) throw new CancelledFailure('nobody waits for this verification');
  if (verdict.status === 'green') return verdict;
  throw failure('VerificationRed', `${verdict.status}: ${verdict.command}`, { details: verdict });
}

class Verification {
  private readonly key: string;
  /** By queue: one that asks again is subscribed once. */
  private readonly subscriptions = new Map<string, Subscription>();
  private cancelled = false;
  /** Our own request for that. */
  private leaving: Promise<void> | null = null;

  constructor(key: string) {
    this.key = key;
  }

  get view(): VerificationView {
    return { queues: [...this.subscriptions.keys()] };
  }

  subscribe(subscription: Subscription): void {
    this.subscriptions.set(subscription.queue, subscription);
    this.show();
  }

  unsubscribe(queue: string): void {
    this.subscriptions.delete(queue);
    this.show();
  }

  noteCancel(): void {
    this.cancelled = true;
  }

  /** Null = cancelled. All who had subscribed have been told. */
  async run(): Promise<Verdict | null> {
    for (;;) {
      const verdict = this.isWanted ? await this.verify() : null;
      if (verdict !== null) {
        await this.tell(verdict, { asOftenAsAsked: verdict.status === 'green' });
        if (this.subscriptions.size === 0) return verdict;
        continue;
      }
      if (this.isCancelledByPerson) {
        const failed = { status: 'failed', command: '', output: 'the verification was cancelled' } as const;
        await this.tell(failed, { asOftenAsAsked: true });
        return null;
      }
      await this.leave();
      if (this.subscriptions.size === 0) return null;
    }
  }

  private get isCancelledByPerson(): boolean {
    return this.cancelled && this.leaving === null;
  }

  private get isWanted(): boolean {
    return this.subscriptions.size > 0 && !this.isCancelledByPerson;
  }

  /** On a host, until nobody wants it any more; null = nobody does. */
  private async verify(): Promise<Verdict | null> {
    const scope = new CancellationScope();
    let ended = false;
    const verifying = scope
      .run(() => {
        const sources = [...this.subscriptions.values()].map(({ source }) => source);
        const timeoutSeconds = Math.max(...[...this.subscriptions.values()].map((each) => each.timeoutSeconds));
        return verifyTree({ key: this.key, sources, timeoutSeconds });
      })
      .catch((error: unknown): Verdict | null =>
        isCancellation(error) ? null : { status: 'failed', command: '', output: describeFailure(error) },
      )
      .finally(() => (ended = true));
    await condition(() => ended || !this.isWanted);
    if (!ended) scope.cancel();
    return verifying;
  }

  /** Asks for its own cancellation, once, because a workflow cannot cancel itself. A queue may come back meanwhile. */
  private async leave(): Promise<void> {
    this.leaving ??= cancelVerification({ key: this.key, runId: workflowInfo().runId });
    await condition(() => this.cancelled || this.subscriptions.size > 0);
  }

  /**
   * A queue that is gone misses the verdict, and does not need it. One that has heard it and asks again wants it
   * repeated, unless it is to hear the same as often as it asks.
   */
  private async tell(verdict: Verdict, { asOftenAsAsked }: { readonly asOftenAsAsked: boolean }): Promise<void> {
    const told = new Set<string>();
    for (;;) {
      const queues = [...this.subscriptions.keys()].filter((queue) => asOftenAsAsked || !told.has(queue));
      if (queues.length === 0) return;
      for (const queue of queues) {
        this.subscriptions.delete(queue);
        told.add(queue);
      }
      const message = { key: this.key, verdict };
      const signal = (queue: string): Promise<void> => getExternalWorkflowHandle(queue).signal(verdictSignal, message);
      await Promise.allSettled(queues.map(signal));
    }
  }

  private show(): void {
    const [first] = this.subscriptions.values();
    setCurrentDetails(verificationDetails({ ...this.view, key: this.key, source: first?.source }));
  }
}
