// The merge queue of one repository and branch: a singleton entity shared by all runs, started by its first message
// (`tellQueue` signals with start), alive for ever. domain/queue/step.ts decides; this file performs its actions, and
// continues as new when no job is in flight: verifications are workflows of their own and go on meanwhile. It never lands
// anything that was not verified.

import { queueDetails } from '../pages/queue.ts';
import {
  type QueueView,
  type SteerAnswer,
  type SteerRequest,
  queueSignal,
  queueViewQuery,
  steerSignal,
  steerUpdate,
} from '../../contracts/messages/queue.ts';
import { unsubscribeSignal, verdictSignal } from '../../contracts/messages/verification.ts';
import { queueOutcomeSignal } from '../../contracts/messages/unit.ts';
import type { QueueAction, QueueEvent, QueueState, Step } from '../../domain/queue/state.ts';
import {
  CancellationScope,
  allHandlersFinished,
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  isCancellation,
  setCurrentDetails,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import { buildTrain, landTrain, requestVerification } from '../activities.ts';
import { describeFailure } from '../failure-text.ts';
import { emptyQueue, isEmpty } from '../../domain/queue/state.ts';
import { hasJobs, startJobs, stepQueue, tickSeconds } from '../../domain/queue/step.ts';
import { type PackedQueue, packQueue, unpackQueue } from '../../domain/queue/pack.ts';
import { isAboutNothing, noteRefusal, parseSteerRequest, refuse } from '../../domain/queue/steer.ts';
import { unitWorkflowId, verificationWorkflowId } from '../../contracts/ids.ts';
import { viewQueue } from '../../domain/queue/view.ts';

export interface MergeQueueInput {
  readonly repository: string;
  readonly branch: string;
  /** Set by continue-as-new. */
  readonly resumed?: PackedQueue;
}

export async function mergeQueueWorkflow(input: MergeQueueInput): Promise<never> {
  const { workflowId } = workflowInfo();
  const queue = new MergeQueue(input.resumed === undefined ? emptyQueue(workflowId) : unpackQueue(input.resumed));
  setHandler(queueViewQuery, (request): QueueView => viewQueue(queue.state, request ?? {}, now()));
  setHandler(queueSignal, (message) => queue.take({ type: 'message', message }));
  setHandler(verdictSignal, ({ key, verdict }) => queue.take({ type: 'verdict', key, verdict }));
  setHandler(steerSignal, (request) => queue.steerUnanswered(request));
  setHandler(steerUpdate, (request) => queue.steerAndSettle(request));
  for (;;) {
    if (!workflowInfo().continueAsNewSuggested) queue.startJobs();
    queue.tellUnits();
    setCurrentDetails(queueDetails(input, queue.state, now()));
    queue.settled = queue.steps;
    if (workflowInfo().continueAsNewSuggested && !hasJobs(queue.state) && queue.isQuiet()) break;
    queue.armTick();
    const seen = queue.steps;
    await condition(() => queue.steps !== seen);
  }
  // From here on, nothing is acted on in this execution: requests are recorded in the state that is carried over.
  queue.settled = Infinity;
  await condition(allHandlersFinished);
  return continueAsNew<typeof mergeQueueWorkflow>({ ...input, resumed: packQueue(queue.state) });
}

class MergeQueue {
  state: QueueState;
  /** Counts events, so that the main loop notices them. */
  steps = 0;
  /** The events whose consequences the main loop has drawn. */
  settled = 0;
  private readonly jobs = new Map<number, CancellationScope>();
  /** Messages on their way. */
  private sending = 0;
  private isTicking = false;
  private readonly answers: Extract<QueueAction, { type: 'tell' }>[] = [];

  constructor(state: QueueState) {
    this.state = state;
  }

  take(event: QueueEvent): void {
    this.apply(stepQueue(this.state, event, now()));
  }

  /** What the state demands was not started yet. */
  startJobs(): void {
    this.apply(startJobs(this.state, now()));
  }

  steer(request: SteerRequest): SteerAnswer {
    const parsed = parseSteerRequest(request);
    if ('problem' in parsed) return { accepted: false, message: parsed.problem };
    const refused = refuse(this.state, parsed);
    if (refused !== null) {
      return { accepted: false, message: refused, ...(isAboutNothing(this.state, parsed) ? { notFound: true } : {}) };
    }
    this.take({ type: 'steer', request: parsed });
    return { accepted: true, message: this.state.decisions.at(-1)?.text ?? '' };
  }

  /**
   * Answers once the main loop has acted: a replay may hand the workflow in one piece what came in two, and whether the
   * answer or the main loop's next command came first would then depend on it.
   */
  async steerAndSettle(request: SteerRequest): Promise<SteerAnswer> {
    const answer = this.steer(request);
    const asked = this.steps;
    await condition(() => this.settled >= asked);
    return answer;
  }

  /** A signal from the Web UI has no answer, so a refusal shows among the decisions. */
  steerUnanswered(request: SteerRequest): void {
    const { accepted, message } = this.steer(request);
    if (!accepted) this.apply({ state: noteRefusal(this.state, request, message, now()), actions: [] });
  }

  /** Whether nothing is in flight that a continue-as-new would lose. */
  isQuiet(): boolean {
    return this.jobs.size === 0 && this.sending === 0;
  }

  /** Ticks while there is anything in the queue. */
  armTick(): void {
    if (this.isTicking || isEmpty(this.state)) return;
    this.isTicking = true;
    void sleep(tickSeconds * 1000, { summary: 'look for what was lost' }).then(() => {
      this.isTicking = false;
      this.steps += 1;
      this.take({ type: 'tick' });
    });
  }

  /** Answers to units go out once the next train is on its way. */
  tellUnits(): void {
    for (const { run, unit, outcome } of this.answers.splice(0)) {
      this.send(() => getExternalWorkflowHandle(unitWorkflowId(run, unit)).signal(queueOutcomeSignal, outcome));
    }
  }

  private apply({ state, actions }: Step): void {
    if (state !== this.state || actions.length > 0) this.steps += 1;
    this.state = state;
    for (const action of actions) this.perform(action);
  }

  private perform(action: QueueAction): void {
    switch (action.type) {
      case 'build': {
        const { job, input } = action;
        const summary = `build train ${input.train}: ${summarize(input.members.map(({ unit }) => unit))}`;
        return this.run(job, async () => {
          const result = await buildTrain.executeWithOptions({ summary }, [input]);
          return { type: 'built', job, result };
        });
      }
      case 'land': {
        const { job, input } = action;
        const summary = `land ${input.commit.slice(0, 12)}`;
        return this.run(job, async () => {
          const result = await landTrain.executeWithOptions({ summary }, [input]);
          return { type: 'landed', job, result };
        });
      }
      case 'request':
        return this.send(async () => {
          const { key, subscription } = action;
          const verdict = await requestVerification.executeWithOptions({ summary: 'verify' }, [{ key, subscription }]);
          if (verdict !== null) this.take({ type: 'verdict', key, verdict });
        });
      case 'release':
        return this.send(() =>
          getExternalWorkflowHandle(verificationWorkflowId(action.key)).signal(unsubscribeSignal, {
            queue: this.state.id,
          }),
        );
      case 'cancel':
        return this.jobs.get(action.job)?.cancel();
      case 'tell':
        return void this.answers.push(action);
    }
  }

  private run(job: number, work: () => Promise<QueueEvent>): void {
    const scope = new CancellationScope({ cancellable: true });
    this.jobs.set(job, scope);
    void scope
      .run(work)
      .catch((error: unknown): QueueEvent =>
        isCancellation(error)
          ? { type: 'job-cancelled', job }
          : { type: 'job-failed', job, message: describeFailure(error) },
      )
      .then((event) => {
        this.jobs.delete(job);
        this.steps += 1;
        this.take(event);
      });
  }

  /** If the other workflow has ended, it misses the message, and does not need it. What matters is repeated by ticks. */
  private send(message: () => Promise<void>): void {
    this.sending += 1;
    void message()
      // It was cancelled or terminated by hand.
      .catch(() => undefined)
      .then(() => {
        this.sending -= 1;
        this.steps += 1;
      });
  }
}

function summarize(units: readonly string[]): string {
  const shown = units.slice(0, 4).join(', ');
  return units.length > 4 ? `${shown} and ${units.length - 4} more` : shown;
}

function now(): string {
  return new Date().toISOString();
}
