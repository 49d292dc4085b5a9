// A unit's place in the merge queue: how it enters, waits and leaves. Once the queue may have heard of a result, only
// the queue can say how that result ended.

import { ApplicationFailure, CancellationScope, condition, isCancellation, patched } from '@temporalio/workflow';
import type { LandingSubject } from '../../contracts/activities/landing.ts';
import type { QueueOutcome } from '../../contracts/messages/unit.ts';
import type { QueueMessage } from '../../contracts/messages/queue.ts';
import type { RunContext } from '../../contracts/documents/plan.ts';
import type { Sha, UnitId } from '../../contracts/ids.ts';
import { tellQueue } from '../activities.ts';

/**
 * How long a unit waits before it hands its result in again: the queue may have been terminated, or its answer lost. A queue
 * that has the result ignores it.
 */
const askAgainAfter = '1 hour';

interface Owner {
  readonly context: RunContext;
  readonly slug: string;
  readonly unit: UnitId;
}

export class QueuePlace {
  /** The queue's last answer. */
  outcome: QueueOutcome | undefined;
  private readonly owner: Owner;
  /** The result that waits in the queue; null = none. */
  private waiting: Sha | null = null;
  /** Why people took the result back, starting with a stable code; null = they did not. */
  private takenBack: string | null = null;

  constructor(owner: Owner) {
    this.owner = owner;
  }

  async land(subject: LandingSubject): Promise<QueueOutcome> {
    const { result } = subject;
    // The same result may be enqueued again after people were asked: the first answer does not count for it.
    this.outcome = undefined;
    this.waiting = result;
    const answered = (): boolean => this.outcome?.result === result;
    try {
      await CancellationScope.nonCancellable(() => this.tell({ type: 'enqueue', subject }));
      // Histories of earlier releases have no such timer.
      if (!patched('asks-the-queue-again')) await condition(answered);
      while (!(await condition(answered, askAgainAfter))) await this.tell({ type: 'enqueue', subject });
    } catch (error) {
      if (!isCancellation(error)) throw error;
      await CancellationScope.nonCancellable(async () => {
        await this.withdraw(result);
        await condition(answered);
      });
    }
    this.waiting = null;
    const { takenBack } = this;
    this.takenBack = null;
    const outcome = this.lastAnswer();
    if (outcome === undefined) throw ApplicationFailure.nonRetryable('the queue has not answered');
    if (takenBack === null || outcome.status !== 'withdrawn') return outcome;
    return { result, status: 'refused', reason: takenBack };
  }

  /** Set by a signal. */
  private lastAnswer(): QueueOutcome | undefined {
    return this.outcome;
  }

  /** Takes what waits out of the queue, for a reason; false if it has landed or left already. */
  async takeBack(why: string): Promise<boolean> {
    const result = this.waiting;
    if (result === null || this.takenBack !== null) return false;
    this.takenBack = why;
    await this.withdraw(result);
    await condition(() => this.outcome?.result === result);
    return this.lastAnswer()?.status === 'withdrawn';
  }

  /** Others may be waiting in the queue for this unit's repair. */
  async giveUpRepair(): Promise<void> {
    const { outcome } = this;
    if (outcome?.status !== 'returned') return;
    await CancellationScope.nonCancellable(() => this.withdraw(outcome.result));
  }

  private withdraw(result: Sha): Promise<void> {
    const { context, unit } = this.owner;
    return this.tell({ type: 'withdraw', run: context.run, unit, result });
  }

  private tell(message: QueueMessage): Promise<void> {
    const { context, slug } = this.owner;
    const { queue, repository, branch } = context;
    const summary = message.type === 'enqueue' ? 'enter the merge queue' : 'leave the merge queue';
    return tellQueue.executeWithOptions({ summary }, [{ queue, slug, repository, branch, message }]);
  }
}
