// One task unit from ready to landed. Performs what the unit's state calls for and feeds back the outcome
// (domain/unit/life.ts has the rules); reports every change to the run. Holds no slot while it waits for a person or
// the queue. Started by the run workflow with parent close policy ABANDON, so that the run may continue-as-new at any
// time.

import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  allHandlersFinished,
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  isCancellation,
  patched,
  setCurrentDetails,
  setHandler,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import {
  type AllowanceMessage,
  type MessageAnswer,
  allowanceSignal,
  leaveHostSignal,
  messageUpdate,
  queueOutcomeSignal,
  type TakeBack,
  takeBackUpdate,
  type PlanReplacement,
  replacePlanUpdate,
  stopRequestQuery,
  unitViewQuery,
} from '../../contracts/messages/unit.ts';
import type { ApprovalView, AskVerdict } from '../../contracts/approval.ts';
import type { LandingSubject } from '../../contracts/activities/landing.ts';
import type { Resolution } from '../../contracts/activities/conflict.ts';
import type { PersonMessage } from '../../contracts/activities/agent.ts';
import type { RunContext } from '../../contracts/documents/plan.ts';
import type { UnitEnd } from '../../contracts/documents/records.ts';
import { type CardChannels, channelsOf } from '../../contracts/people.ts';
import { QueuePlace } from './queue-place.ts';
import { Slice } from './slice.ts';
import {
  type StateOf,
  type UnitEvent,
  type UnitLife,
  type UnitState,
  beginUnit,
  hasEnded,
} from '../../domain/unit/state.ts';
import { type UnitId, approvalWorkflowId, runWorkflowId } from '../../contracts/ids.ts';
import { type UnitMessage, unitSignal } from '../../contracts/messages/run.ts';
import { aboutUnit, explainWait } from '../../domain/unit/ask.ts';
import { isSamePlace } from '../../domain/repository/forge.ts';
import { explainTakeBack, refuseTakeBack } from '../../domain/unit/take-back.ts';
import { addMessage, refuseMessage } from '../../domain/unit/messages.ts';
import { advanceUnit } from '../../domain/unit/life.ts';
import { allowedForGood } from '../../domain/unit/tool-calls.ts';
import { refuseReplacement } from '../../domain/unit/planned.ts';
import { troubleOf } from '../../domain/unit/help.ts';
import { askPeople } from '../approval/ask-people.ts';
import { coppicePhase } from '../../contracts/search-attributes.ts';
import { describeFailure } from '../failure-text.ts';
import { failure, reason } from '../../contracts/failures.ts';
import { comparePlans, prepareBrief, takeResolution } from '../activities.ts';
import { webUiText } from '../../domain/text/inert.ts';
import { recordOf } from '../../domain/unit/record.ts';
import { sliceInput } from '../../domain/unit/slice-input.ts';
import { unitDetails } from '../pages/unit.ts';

export interface UnitInput extends CardChannels {
  readonly context: RunContext;
  readonly slug: string;
  readonly unit: UnitId;
  readonly title: string;
  readonly approvalSeconds: number;
  /** Whether people are asked for more money. */
  readonly budgetVerdict: AskVerdict;
  /** For the first slice, if the run could grant it at once; otherwise it arrives as a signal. */
  readonly allowance?: AllowanceMessage;
  /**
   * Set if the unit is retried: which retry it is, and the number of the last message that its earlier workflow sent.
   */
  readonly retried?: { readonly retry: number; readonly seq: number };
  /** Of a retry: a person's own result, with which the unit begins. */
  readonly resolution?: Resolution;
  /** Set by continue-as-new. */
  readonly resumed?: { readonly life: UnitLife; readonly seq: number };
}

export async function unitWorkflow(input: UnitInput): Promise<UnitEnd> {
  const unit = new UnitExecution(input);
  setHandler(unitViewQuery, () => unit.life);
  setHandler(allowanceSignal, (message) => void (unit.allowance = message));
  setHandler(queueOutcomeSignal, (outcome) => void (unit.place.outcome = outcome));
  setHandler(leaveHostSignal, () => unit.leaveHost('now'));
  setHandler(stopRequestQuery, () => unit.slice.stopRequest);
  setHandler(messageUpdate, (message) => unit.addMessage(message));
  setHandler(takeBackUpdate, (request) => unit.takeBack(request));
  setHandler(replacePlanUpdate, (replacement) => unit.replacePlan(replacement));
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
    case 'planned':
      return end;
    case 'failed':
      throw failure('UnitFailed', `${unit}: ${end.reason}`, { details: end });
    case 'cancelled':
      throw new CancelledFailure(`${unit}: ${end.reason}`, [end]);
  }
}

class UnitExecution {
  life: UnitLife;
  allowance: AllowanceMessage | undefined;
  readonly slice = new Slice();
  readonly place: QueuePlace;
  private seq: number;
  private readonly input: UnitInput;
  /** The open approval. */
  private asking: CancellationScope | null = null;
  /** An edited plan that is to take the place of the one that people are asked about. */
  private replacement: Pick<Extract<UnitEvent, { type: 'plan-replaced' }>, 'request' | 'policy'> | null = null;

  constructor(input: UnitInput) {
    this.input = input;
    this.life = input.resumed?.life ?? beginUnit(Date.now(), input.resolution);
    this.seq = input.resumed?.seq ?? input.retried?.seq ?? 0;
    this.allowance = input.allowance;
    this.place = new QueuePlace(input);
  }

  /** Does what the state calls for; returns the outcome. */
  async perform(state: Exclude<UnitState, UnitEnd>): Promise<UnitEvent> {
    try {
      switch (state.status) {
        case 'ready':
          return state.resolution === undefined
            ? await this.awaitAllowance()
            : await this.judgeResolution(state.resolution);
        case 'working':
          return await this.withHelp(await this.work(state));
        case 'parked':
          await sleep(Math.max(0, state.until - Date.now()), { summary: 'until the model can be asked again' });
          return { type: 'woken' };
        case 'asking':
          return await this.untilDecided(state);
        case 'queued':
          return await this.withHelp({
            type: 'queue-answered',
            outcome: await this.place.land(this.landingOf(state)),
          });
      }
    } catch (error) {
      if (isCancellation(error)) return { type: 'cancelled', reason: reason('cancelled', 'by request') };
      throw error;
    }
  }

  addMessage(message: PersonMessage): MessageAnswer {
    const refused = refuseMessage(this.life);
    if (refused !== null) return { accepted: false, known: true, message: `${this.input.unit}: ${refused}` };
    this.life = addMessage(this.life, message);
    this.leaveHost('after-turn');
    return { accepted: true };
  }

  /** Until the landing has begun; then it is too late. */
  async takeBack(request: TakeBack): Promise<MessageAnswer> {
    const { unit } = this.input;
    const refused = refuseTakeBack(this.life, request.approval);
    if (refused !== null) return { accepted: false, known: true, message: `${unit}: ${refused}` };
    if (await this.place.takeBack(explainTakeBack(request))) return { accepted: true };
    return { accepted: false, known: true, message: `${unit}: too late: it has landed, or has left the merge queue` };
  }

  /** Withdraws the approval that is open; people are then asked about the edited plan. A host judges it, as it does any plan. */
  async replacePlan(given: PlanReplacement): Promise<MessageAnswer> {
    const { unit, context } = this.input;
    const mayNot = (): string | null =>
      this.replacement === null ? refuseReplacement(this.life, given) : 'another edit is on its way; try again';
    const refuse = (message: string): MessageAnswer => ({
      accepted: false,
      known: true,
      message: `${unit}: ${message}`,
    });
    const early = mayNot();
    if (early !== null) return refuse(early);
    const summary = `look at the plan that ${webUiText(given.by)} has changed`;
    const asked = { context: { ...context, plan: given.expected }, plan: given.plan, by: given.by };
    const { request, verdict } = await comparePlans.executeWithOptions({ summary }, [asked]);
    const refused =
      mayNot() ?? (verdict.decide === 'deny' ? `policy does not allow this plan (${verdict.rule})` : null);
    if (refused !== null) return refuse(refused);
    const { approvals } = this.life;
    this.replacement = { request, policy: verdict.decide === 'ask' ? verdict.policy : null };
    // The question may be about to be asked.
    await condition(() => this.asking !== null || this.replacement === null);
    this.asking?.cancel();
    await condition(() => this.replacement === null);
    const { state } = this.life;
    const isAsked = this.life.approvals > approvals && state.status === 'asking' && state.ask.kind === 'plan';
    return isAsked && state.ask.kind === 'plan' && state.ask.request.plan === given.plan
      ? { accepted: true }
      : refuse('people have decided about the plan meanwhile');
  }

  leaveHost(how: 'after-turn' | 'now'): void {
    this.slice.leaveHost(how, this.life.state.status === 'ready');
  }

  async take(event: UnitEvent): Promise<void> {
    const { state: asked } = this.life;
    const before = asked.status;
    this.life = advanceUnit(this.life, event, Date.now());
    this.replacement = null;
    const { state, totals } = this.life;
    if (state.status !== before || event.type === 'plan-replaced') this.show();
    if (asked.status === 'asking' && asked.ask.kind === 'tool' && event.type === 'approval-ended') {
      const rule = allowedForGood(asked.ask.request.key, event.view);
      if (rule?.remember === 'run') await this.tellRun({ type: 'allows', call: rule.call });
    }
    if (hasEnded(state)) {
      await this.tellRun({ type: 'ended', end: state, record: recordOf(this.life) });
      await this.place.giveUpRepair();
    } else if (state.status !== 'working') {
      await this.tellRun({ type: 'settled', phase: state.status, totals, ...explainWait(state, event) });
      // Others must not wait for a person.
      if (state.status === 'asking' && state.ask.kind === 'conflict') await this.place.giveUpRepair();
    }
  }

  show(): void {
    upsertSearchAttributes([{ key: coppicePhase, value: this.life.state.status }]);
    setCurrentDetails(unitDetails(this.input, this.life));
  }

  async continueAsNew(): Promise<never> {
    return continueAsNew<typeof unitWorkflow>({
      ...this.input,
      resumed: { life: this.life, seq: this.seq },
    });
  }

  /**
   * No run, no slice: if the run is gone, the unit is cancelled. The run knows about the first slice, because it has
   * just started the unit.
   */
  private async awaitAllowance(): Promise<UnitEvent> {
    const slice = this.life.slices + 1;
    const { toppedUpUsd } = this.life;
    // After a top-up, the same slice is requested again: the answer "spent" has been consumed.
    // After a resolution that the queue returned, too: the allowance that came with the start was not used.
    const asksAgain = this.life.approvals > 0 || slice > 1 || this.life.returns.length > 0;
    if (asksAgain) this.allowance = undefined;
    if (asksAgain && !(await this.tellRun({ type: 'wants-slice', slice, toppedUpUsd }))) {
      return { type: 'cancelled', reason: reason('cancelled', 'its run is gone') };
    }
    await condition(() => this.allowance?.slice === slice);
    const { allowance: answer } = this;
    this.allowance = undefined;
    switch (answer?.type) {
      case 'granted':
        return {
          type: 'granted',
          allowance: answer.allowance,
          ...(answer.allowedCalls === undefined ? {} : { allowedCalls: answer.allowedCalls }),
        };
      case 'spent':
        return { type: 'budget-spent', limitUsd: answer.limitUsd, verdict: this.input.budgetVerdict };
      case 'refused':
        return { type: 'refused', reason: answer.reason };
      case undefined:
        throw ApplicationFailure.nonRetryable('the run has not answered');
    }
  }

  private work(state: StateOf<'working'>): Promise<UnitEvent> {
    const { context, unit, retried } = this.input;
    const input = sliceInput({ context, unit, retry: retried?.retry ?? 0 }, this.life, state);
    return this.slice.run(input, { first: state.handedBack === true });
  }

  /** If the agent makes no progress with what the queue returned: what people need in order to help. */
  private async withHelp(event: UnitEvent): Promise<UnitEvent> {
    const trouble = troubleOf(this.life, event);
    // Units of earlier releases failed at once.
    if (trouble === null || !patched('ask-people-about-conflicts')) return event;
    const { context, unit } = this.input;
    const { returns } = this.life;
    const { feedback } = trouble;
    const all = event.type === 'queue-answered' ? [...returns, feedback.kind] : returns;
    const summary = 'prepare a brief for people';
    try {
      const help = await prepareBrief.executeWithOptions({ summary }, [{ context, unit, ...trouble, returns: all }]);
      return { ...event, help } as UnitEvent;
    } catch (error) {
      if (isCancellation(error)) throw error;
      return event;
    }
  }

  private async judgeResolution(resolution: Resolution): Promise<UnitEvent> {
    const { context, unit, retried } = this.input;
    const { slices, totals } = this.life;
    const { commit, by } = resolution;
    const request = { context, unit, retry: retried?.retry ?? 0, slices, resolution: { commit, by } };
    try {
      const slice = await takeResolution.executeWithOptions({ summary: 'judge a resolution' }, [request]);
      return { type: 'resolution-judged', slice };
    } catch (error) {
      if (isCancellation(error)) throw error;
      const outcome = { status: 'failed', reason: reason('error', describeFailure(error)) } as const;
      return { type: 'resolution-judged', slice: { outcome, totals, seconds: 0 } };
    }
  }

  private async untilDecided(state: StateOf<'asking'>): Promise<UnitEvent> {
    const asking = new CancellationScope();
    this.asking = asking;
    try {
      const view = await asking.run(() => this.ask(state));
      const { replacement } = this;
      return view.status === 'cancelled' && replacement !== null
        ? { type: 'plan-replaced', ...replacement, view }
        : { type: 'approval-ended', view };
    } catch (error) {
      const { replacement } = this;
      if (!isCancellation(error) || replacement === null || CancellationScope.current().consideredCancelled)
        throw error;
      return { type: 'plan-replaced', ...replacement };
    } finally {
      this.asking = null;
    }
  }

  private ask({ ask, policy }: StateOf<'asking'>): Promise<ApprovalView> {
    const { context, unit, title, slug, approvalSeconds: openForSeconds } = this.input;
    const { run, repository, branch, requestedBy, stateRemote } = context;
    const place = { repository, branch, title, requestedBy };
    return askPeople({
      id: approvalWorkflowId(run, unit, this.life.approvals),
      run,
      unit,
      slug,
      policy,
      openForSeconds,
      channels: channelsOf(this.input),
      ...aboutUnit(ask, place, this.life, isSamePlace(repository, stateRemote)),
    });
  }

  private landingOf({ work, approvedBy, consents }: StateOf<'queued'>): LandingSubject {
    const { context, unit, title } = this.input;
    const { since, returns, egress, totals } = this.life;
    return {
      context,
      unit,
      title,
      result: work.result,
      base: work.base,
      enqueuedAt: new Date(since).toISOString(),
      returned: returns.length,
      approvedBy,
      consents,
      attempt: (this.input.retried?.retry ?? 0) + 1,
      // To the cent: the queue holds it for each entry.
      costUsd: Math.ceil(totals.costUsd * 100) / 100,
      ...(egress === undefined ? {} : { egress: egress.granted }),
      // Of this very result: both come from one slice.
      ...(work.review === undefined ? {} : { review: work.review.verdict }),
    };
  }

  /** False if the run's workflow has ended. */
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
