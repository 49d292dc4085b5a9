// One task unit from ready to landed. Performs what the unit's state calls for and feeds back what happened
// (domain/unit/life.ts has the rules); tells the run at every change. Holds no slot while it waits for a person or the queue.
// Started by the run workflow with parent close policy ABANDON, so that the run may continue-as-new at any time.

import { aboutUnit, explainWait } from '../../domain/unit/ask.ts';
import { unitDetails } from '../pages/unit.ts';
import { recordOf } from '../../domain/unit/record.ts';
import { addMessage, refuseMessage } from '../../domain/unit/messages.ts';
import { beginUnit, hasEnded } from '../../domain/unit/state.ts';
import type { UnitEvent, UnitLife, UnitState } from '../../domain/unit/state.ts';
import { tokensOf } from '../../domain/money/usage.ts';
import { unitSignal } from '../../contracts/messages/run.ts';
import {
  allowanceSignal,
  leaveHostSignal,
  messageUpdate,
  queueOutcomeSignal,
  sliceOrderQuery,
  unitViewQuery,
} from '../../contracts/messages/unit.ts';
import type { UnitMessage } from '../../contracts/messages/run.ts';
import type { AllowanceMessage, QueueOutcome, MessageAnswer } from '../../contracts/messages/unit.ts';
import type { StopRequest, PersonMessage } from '../../contracts/activities/agent.ts';
import type { ApprovalView, AskVerdict } from '../../contracts/approval.ts';
import { type CardChannels, channelsOf } from '../../contracts/people.ts';
import type { UnitEnd } from '../../contracts/documents/records.ts';
import type { RunContext } from '../../contracts/documents/plan.ts';
import type { UnitId } from '../../contracts/ids.ts';
import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  allHandlersFinished,
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  isCancellation,
  setCurrentDetails,
  setHandler,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { advanceUnit } from '../../domain/unit/life.ts';
import { askPeople } from '../approval/ask-people.ts';
import { approvalWorkflowId, runWorkflowId } from '../../contracts/ids.ts';
import { coppicePhase } from '../../contracts/search-attributes.ts';
import { describeFailure } from '../failure-text.ts';
import { failure, reason } from '../../contracts/failures.ts';
import { runSlice, tellQueue } from '../activities.ts';

export interface UnitInput extends CardChannels {
  readonly context: RunContext;
  readonly slug: string;
  readonly unit: UnitId;
  readonly title: string;
  readonly approvalSeconds: number;
  /** Whether people are asked for more money. */
  readonly budgetVerdict: AskVerdict;
  /** For the first slice, where the run could grant it at once; otherwise it comes as a signal. */
  readonly allowance?: AllowanceMessage;
  /** The unit is begun anew: for which time, and the number of the last message that its earlier workflow sent. */
  readonly retried?: { readonly retry: number; readonly seq: number };
  /** Set by continue-as-new. */
  readonly resumed?: { readonly life: UnitLife; readonly seq: number };
}

type StateOf<Status extends UnitState['status']> = Extract<UnitState, { status: Status }>;

export async function unitWorkflow(input: UnitInput): Promise<UnitEnd> {
  const unit = new Unit(input);
  setHandler(unitViewQuery, () => unit.life);
  setHandler(allowanceSignal, (message) => void (unit.allowance = message));
  setHandler(queueOutcomeSignal, (outcome) => void (unit.outcome = outcome));
  setHandler(leaveHostSignal, () => unit.leaveHost('now'));
  setHandler(sliceOrderQuery, () => unit.order);
  setHandler(messageUpdate, (word) => unit.hear(word));
  unit.show();
  for (;;) {
    const { state } = unit.life;
    if (hasEnded(state)) {
      await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
      return finish(state, input.unit);
    }
    if (state.status === 'ready' && workflowInfo().continueAsNewSuggested) await unit.continueAsNew();
    await unit.take(await unit.perform(state));
  }
}

/** A unit that did not land is not a completed workflow: operators see it as failed or cancelled. */
function finish(end: UnitEnd, unit: UnitId): UnitEnd {
  switch (end.status) {
    case 'landed':
      return end;
    case 'failed':
      throw failure('UnitFailed', `${unit}: ${end.reason}`, { details: end });
    case 'cancelled':
      throw new CancelledFailure(`${unit}: ${end.reason}`, [end]);
  }
}

class Unit {
  life: UnitLife;
  allowance: AllowanceMessage | undefined;
  outcome: QueueOutcome | undefined;
  /** What the slice in flight is to do; it asks when it is cancelled. */
  order: StopRequest = 'go-on';
  private slice: CancellationScope | undefined;
  /** The run was paused while the grant for this slice was on its way. */
  private leaveFirst = false;
  private seq: number;
  private readonly input: UnitInput;

  constructor(input: UnitInput) {
    this.input = input;
    this.life = input.resumed?.life ?? beginUnit(Date.now());
    this.seq = input.resumed?.seq ?? input.retried?.seq ?? 0;
    this.allowance = input.allowance;
  }

  /** Does what the state calls for; answers what came of it. */
  async perform(state: Exclude<UnitState, UnitEnd>): Promise<UnitEvent> {
    try {
      switch (state.status) {
        case 'ready':
          return await this.awaitAllowance();
        case 'working':
          return await this.work(state);
        case 'parked':
          await sleep(Math.max(0, state.until - Date.now()), { summary: 'until the model can be asked again' });
          return { type: 'woken' };
        case 'asking':
          return { type: 'approval-ended', view: await this.ask(state) };
        case 'queued':
          return { type: 'queue-answered', outcome: await this.land(state) };
      }
    } catch (error) {
      if (isCancellation(error)) return { type: 'cancelled', reason: reason('cancelled', 'by request') };
      throw error;
    }
  }

  hear(word: PersonMessage): MessageAnswer {
    const refused = refuseMessage(this.life);
    if (refused !== null) return { accepted: false, known: true, message: `${this.input.unit}: ${refused}` };
    this.life = addMessage(this.life, word);
    this.leaveHost('after-turn');
    return { accepted: true };
  }

  /** Ends the slice in flight, or the one that is just granted; the next one continues from where it came. */
  leaveHost(order: 'after-turn' | 'now'): void {
    if (this.slice === undefined) this.leaveFirst ||= order === 'now' && this.life.state.status === 'ready';
    if (this.slice === undefined || this.order === 'cancel') return;
    if (this.order !== 'now') this.order = order;
    this.slice.cancel();
  }

  async take(event: UnitEvent): Promise<void> {
    const before = this.life.state.status;
    this.life = advanceUnit(this.life, event, Date.now());
    const { state, totals } = this.life;
    if (state.status !== before) this.show();
    if (hasEnded(state)) {
      await this.tellRun({ type: 'ended', end: state, record: recordOf(this.life) });
      await this.giveUpRepair();
    } else if (state.status !== 'working') {
      await this.tellRun({ type: 'settled', phase: state.status, totals, ...explainWait(state, event) });
    }
  }

  show(): void {
    upsertSearchAttributes([{ key: coppicePhase, value: this.life.state.status }]);
    setCurrentDetails(unitDetails(this.input.title, this.life));
  }

  async continueAsNew(): Promise<never> {
    return continueAsNew<typeof unitWorkflow>({
      ...this.input,
      resumed: { life: this.life, seq: this.seq },
    });
  }

  /** No run, no slice: when the run is gone, so is the unit. The run knows of the first slice: it has just started us. */
  private async awaitAllowance(): Promise<UnitEvent> {
    const slice = this.life.slices + 1;
    const { toppedUpUsd } = this.life;
    // Asked again after a top-up for the same slice: the answer that said "spent" has been taken.
    const asksAgain = this.life.approvals > 0 || slice > 1;
    if (asksAgain && !(await this.tellRun({ type: 'wants-slice', slice, toppedUpUsd }))) {
      return { type: 'cancelled', reason: reason('cancelled', 'its run is gone') };
    }
    await condition(() => this.allowance?.slice === slice);
    const { allowance: answer } = this;
    this.allowance = undefined;
    switch (answer?.type) {
      case 'granted':
        return { type: 'granted', allowance: answer.allowance };
      case 'spent':
        return { type: 'budget-spent', limitUsd: answer.limitUsd, verdict: this.input.budgetVerdict };
      case 'refused':
        return { type: 'refused', reason: answer.reason };
      case undefined:
        throw ApplicationFailure.nonRetryable('the run has not answered');
    }
  }

  private async work({ feedback, allowance, words }: StateOf<'working'>): Promise<UnitEvent> {
    const { context, unit } = this.input;
    const { slices: slice, totals } = this.life;
    const inAll = (before: number, more: number | null): number | null => (more === null ? null : before + more);
    const input = {
      context,
      unit,
      slice,
      feedback,
      words,
      ...(this.life.egress === undefined ? {} : { egress: this.life.egress }),
      retry: this.input.retried?.retry ?? 0,
      spendUpToUsd: inAll(totals.costUsd, allowance.usd),
      limitUsd: inAll(totals.costUsd, allowance.unitUsd),
      tokensUpTo: inAll(tokensOf(totals.usage), allowance.tokens),
      turnsUpTo: inAll(totals.turns, allowance.turns),
      seconds: allowance.seconds,
      workedSeconds: Math.round(this.life.seconds.work),
    };
    if (this.leaveFirst) {
      this.leaveFirst = false;
      return { type: 'slice-cut' };
    }
    const scope = new CancellationScope();
    this.slice = scope;
    this.order = 'go-on' as StopRequest;
    // Cancelled with the unit, but then for good.
    void CancellationScope.current().cancelRequested.catch(() => (this.order = 'cancel'));
    try {
      const summary = `slice ${slice} of ${unit}`;
      const result = await scope.run(() => runSlice.executeWithOptions({ summary }, [input]));
      return { type: 'slice-ended', slice: result };
    } catch (error) {
      // Once its cancel was asked for, a slice that fails is not tried again, whatever it failed with.
      const cut =
        isCancellation(error) || (error instanceof ActivityFailure && error.retryState === 'CANCEL_REQUESTED');
      if (cut && this.order === 'cancel') throw new CancelledFailure('the unit was cancelled');
      if (cut) return { type: 'slice-cut' };
      return { type: 'slice-failed', message: describeFailure(error) };
    } finally {
      this.slice = undefined;
    }
  }

  private ask({ ask, policy }: StateOf<'asking'>): Promise<ApprovalView> {
    const { context, unit, title, slug, approvalSeconds: openForSeconds } = this.input;
    const { run, repository, branch, requestedBy } = context;
    const place = { repository, branch, title, requestedBy };
    return askPeople({
      id: approvalWorkflowId(run, unit, this.life.approvals),
      run,
      unit,
      slug,
      policy,
      openForSeconds,
      channels: channelsOf(this.input),
      ...aboutUnit(ask, place, this.life),
    });
  }

  /** Others may wait in the queue for what this unit was to repair. */
  private async giveUpRepair(): Promise<void> {
    const { outcome } = this;
    if (outcome?.status !== 'returned') return;
    const { context, unit, slug } = this.input;
    const { queue, repository, branch, run } = context;
    const message = { type: 'withdraw', run, unit, result: outcome.result } as const;
    await CancellationScope.nonCancellable(() => tellQueue({ queue, slug, repository, branch, message }));
  }

  private async land({ work, approvedBy, consents }: StateOf<'queued'>): Promise<QueueOutcome> {
    const { context, unit, title, slug } = this.input;
    const { queue, repository, branch, run } = context;
    const enqueuedAt = new Date(this.life.since).toISOString();
    const subject = {
      context,
      unit,
      title,
      result: work.result,
      base: work.base,
      enqueuedAt,
      returned: this.life.returns.length,
      approvedBy,
      consents,
      ...(this.life.egress === undefined ? {} : { egress: this.life.egress.granted }),
    };
    // The same result may come a second time, after people were asked: the first answer is not about that.
    this.outcome = undefined;
    const answered = (): boolean => this.outcome?.result === work.result;
    try {
      // Once the queue may have heard of it, only the queue can say how it ended.
      await CancellationScope.nonCancellable(() =>
        tellQueue({ queue, slug, repository, branch, message: { type: 'enqueue', subject } }),
      );
      await condition(answered);
    } catch (error) {
      if (!isCancellation(error)) throw error;
      await CancellationScope.nonCancellable(async () => {
        const message = { type: 'withdraw', run, unit, result: work.result } as const;
        await tellQueue({ queue, slug, repository, branch, message });
        await condition(answered);
      });
    }
    if (this.outcome === undefined) throw ApplicationFailure.nonRetryable('the queue has not answered');
    return this.outcome;
  }

  /** False when the run's workflow has ended. */
  private async tellRun(message: DistributiveOmit<UnitMessage, 'unit' | 'seq'>): Promise<boolean> {
    const { context, unit } = this.input;
    const run = getExternalWorkflowHandle(runWorkflowId(context.run));
    this.seq += 1;
    const numbered = { ...message, unit, seq: this.seq };
    try {
      await CancellationScope.nonCancellable(() => run.signal(unitSignal, numbered));
      return true;
    } catch {
      return false;
    }
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
