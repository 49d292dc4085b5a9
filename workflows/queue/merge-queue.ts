// The merge queue of one repository and branch: a singleton entity shared by all runs, started by its first message
// (`tellQueue` signals with start), alive for ever. domain/queue/step.ts decides; this file performs its actions, and
// continues as new when no job is in flight. It never pushes anything that it has not verified.

import { queueDetails } from '../pages/queue.ts';
import { queueSignal, queueViewQuery } from '../../contracts/messages/queue.ts';
import { queueOutcomeSignal } from '../../contracts/messages/unit.ts';
import type { QueueAction, QueueEvent, QueueState } from '../../domain/queue/step.ts';
import {
  CancellationScope,
  allHandlersFinished,
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  isCancellation,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { buildCandidate, landCandidate, verifyCandidate } from '../activities.ts';
import { describeFailure } from '../failure-text.ts';
import { emptyQueue, hasJobs, nextWake, startJobs, stepQueue } from '../../domain/queue/step.ts';
import { unitWorkflowId } from '../../contracts/ids.ts';

export interface MergeQueueInput {
  readonly repository: string;
  readonly branch: string;
  /** Set by continue-as-new. */
  readonly resumed?: QueueState;
}

export async function mergeQueueWorkflow(input: MergeQueueInput): Promise<never> {
  const queue = new MergeQueue(input.resumed ?? emptyQueue);
  setHandler(queueViewQuery, () => queue.state);
  setHandler(queueSignal, (message) => queue.take({ type: 'message', message }));
  for (;;) {
    setCurrentDetails(queueDetails(input, queue.state));
    const leaving = workflowInfo().continueAsNewSuggested;
    if (!leaving) queue.startJobs();
    else if (!hasJobs(queue.state) && queue.isQuiet()) break;
    const seen = queue.steps;
    const wake = nextWake(queue.state, now());
    if (wake === null) await condition(() => queue.steps !== seen);
    else await condition(() => queue.steps !== seen, Math.max(1, wake));
  }
  await condition(allHandlersFinished);
  return continueAsNew<typeof mergeQueueWorkflow>({ ...input, resumed: queue.state });
}

class MergeQueue {
  state: QueueState;
  /** Counts events, so that the main loop notices them. */
  steps = 0;
  private readonly jobs = new Map<number, CancellationScope>();
  private telling = 0;

  constructor(state: QueueState) {
    this.state = state;
  }

  take(event: QueueEvent): void {
    this.apply(stepQueue(this.state, event, now()));
  }

  startJobs(): void {
    this.apply(startJobs(this.state, now()));
  }

  /** Whether nothing is in flight that a continue-as-new would lose. */
  isQuiet(): boolean {
    return this.jobs.size === 0 && this.telling === 0;
  }

  private apply({ state, actions }: { state: QueueState; actions: readonly QueueAction[] }): void {
    if (state !== this.state) this.steps += 1;
    this.state = state;
    for (const action of actions) this.perform(action);
  }

  private perform(action: QueueAction): void {
    switch (action.type) {
      case 'build': {
        const { job, subject } = action;
        const summary = `build ${subject.unit}`;
        return this.run(job, async () => ({
          type: 'built',
          job,
          result: await buildCandidate.executeWithOptions({ summary }, [subject]),
        }));
      }
      case 'verify': {
        const { job, candidate } = action;
        const summary = `verify ${candidate.subject.unit}`;
        return this.run(job, async () => ({
          type: 'verified',
          job,
          result: await verifyCandidate.executeWithOptions({ summary }, [candidate]),
        }));
      }
      case 'land': {
        const { job, candidate } = action;
        const summary = `land ${candidate.subject.unit}`;
        return this.run(job, async () => ({
          type: 'landed',
          job,
          result: await landCandidate.executeWithOptions({ summary }, [candidate]),
        }));
      }
      case 'abandon':
        return this.jobs.get(action.job)?.cancel();
      case 'tell':
        return void this.tell(action);
    }
  }

  private run(job: number, work: () => Promise<QueueEvent>): void {
    const scope = new CancellationScope({ cancellable: true });
    this.jobs.set(job, scope);
    void scope
      .run(work)
      .catch((error: unknown): QueueEvent | null =>
        isCancellation(error) ? null : { type: 'job-failed', job, message: describeFailure(error) },
      )
      .then((event) => {
        this.jobs.delete(job);
        this.steps += 1;
        if (event !== null) this.take(event);
      });
  }

  /** If the unit is gone, it misses the message, and does not need it. */
  private async tell({ run, unit, outcome }: Extract<QueueAction, { type: 'tell' }>): Promise<void> {
    this.telling += 1;
    try {
      await getExternalWorkflowHandle(unitWorkflowId(run, unit)).signal(queueOutcomeSignal, outcome);
    } catch {
      // The unit's workflow has ended: cancelled or terminated by hand.
    }
    this.telling -= 1;
    this.steps += 1;
  }
}

function now(): string {
  return new Date().toISOString();
}
