// One task unit from ready to landed. Performs what the unit's state calls for and feeds back what happened
// (domain/unit.ts has the rules); tells the run at every change. Holds no slot while it waits for a person or the queue.
// Started by the run workflow with parent close policy ABANDON, so that the run may continue-as-new at any time.

import type { AllowanceMessage, QueueOutcome, UnitEnd, UnitMessage } from '../domain/messages.ts';
import type { ApprovalInput, ApprovalView } from '../domain/approval.ts';
import type { RunContext } from '../domain/plan.ts';
import type { UnitEvent, UnitLife, UnitState } from '../domain/unit.ts';
import type { UnitId } from '../domain/ids.ts';
import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  ParentClosePolicy,
  condition,
  continueAsNew,
  executeChild,
  getExternalWorkflowHandle,
  isCancellation,
  setCurrentDetails,
  setHandler,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { advanceUnit, beginUnit, hasEnded, recordOf } from '../domain/unit.ts';
import { allowanceSignal, queueOutcomeSignal, unitSignal, unitViewQuery } from './messages.ts';
import { approvalWorkflow } from './approval.ts';
import { openApproval } from '../domain/approval.ts';
import { approvalWorkflowId, runWorkflowId } from '../domain/ids.ts';
import { coppicePhase, coppiceRepository, coppiceRisk, coppiceRun } from '../domain/search-attributes.ts';
import { describeFailure } from './failure-text.ts';
import { failure, reason } from '../domain/failures.ts';
import { runSlice, tellQueue } from './activities.ts';
import { unitDetails } from './details.ts';

export interface UnitInput {
  readonly context: RunContext;
  readonly slug: string;
  readonly unit: UnitId;
  readonly title: string;
  readonly slackChannel: string | null;
  readonly approvalSeconds: number;
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
  unit.show();
  for (;;) {
    const { state } = unit.life;
    if (hasEnded(state)) return finish(state, input.unit);
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

  async take(event: UnitEvent): Promise<void> {
    const before = this.life.state.status;
    this.life = advanceUnit(this.life, event, Date.now());
    const { state, totals, slices } = this.life;
    if (state.status !== before) this.show();
    if (hasEnded(state)) await this.tellRun({ type: 'ended', end: state, record: recordOf(this.life) });
    else if (state.status !== 'working') {
      const why = state.status === 'parked' ? { why: `${state.why}; goes on at ${timeOf(state.until)}` } : {};
      await this.tellRun({ type: 'settled', phase: state.status, totals, slices, ...why });
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
    if (slice > 1 && !(await this.tellRun({ type: 'wants-slice', slice }))) {
      return { type: 'cancelled', reason: reason('cancelled', 'its run is gone') };
    }
    await condition(() => this.allowance?.slice === slice);
    const granted = this.allowance?.allowance ?? null;
    return granted === null ? { type: 'budget-spent' } : { type: 'granted', usd: granted.usd };
  }

  private async work({ feedback, usd }: StateOf<'working'>): Promise<UnitEvent> {
    const { context, unit } = this.input;
    const { slices: slice, totals } = this.life;
    const spendUpToUsd = usd === null ? null : totals.costUsd + usd;
    try {
      const result = await runSlice.executeWithOptions({ summary: `slice ${slice} of ${unit}` }, [
        { context, unit, retry: this.input.retried?.retry ?? 0, slice, spendUpToUsd, feedback },
      ]);
      return { type: 'slice-ended', slice: result };
    } catch (error) {
      if (isCancellation(error)) throw error;
      return { type: 'slice-failed', message: describeFailure(error) };
    }
  }

  private async ask({ work, policy }: StateOf<'asking'>): Promise<ApprovalView> {
    const { context, unit, title, slug, slackChannel, approvalSeconds } = this.input;
    const id = approvalWorkflowId(context.run, unit, this.life.approvals);
    const approval: ApprovalInput = {
      id,
      kind: 'merge',
      run: context.run,
      unit,
      // The result commit names its tree, base, run and unit, so its id binds the consent to all of them.
      hash: work.result,
      summary: `Land "${title}" on ${context.branch}`,
      subject: {
        repository: context.repository,
        branch: context.branch,
        title,
        result: work.result,
        requestedBy: context.requestedBy,
        paths: work.changed,
        pathCount: work.changedCount,
      },
      policy,
      since: new Date().toISOString(),
      expiresAt: new Date(Date.now() + approvalSeconds * 1000).toISOString(),
      slackChannel,
    };
    return executeChild(approvalWorkflow, {
      workflowId: id,
      args: [approval],
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      staticSummary: approval.summary,
      // Lists of open approvals come from here, so that they need no worker.
      memo: { approval: openApproval(approval) },
      typedSearchAttributes: [
        { key: coppiceRun, value: context.run },
        { key: coppiceRepository, value: slug },
        { key: coppicePhase, value: 'open' },
        { key: coppiceRisk, value: approval.kind },
      ],
    });
  }

  private async land({ work, approvedBy }: StateOf<'queued'>): Promise<QueueOutcome> {
    const { context, unit, title } = this.input;
    const { queue, repository, branch, run } = context;
    const enqueuedAt = new Date(this.life.since).toISOString();
    const subject = {
      context,
      unit,
      title,
      result: work.result,
      base: work.base,
      enqueuedAt,
      approvedBy,
    };
    const answered = (): boolean => this.outcome?.result === work.result;
    try {
      // Once the queue may have heard of it, only the queue can say how it ended.
      await CancellationScope.nonCancellable(() =>
        tellQueue({ queue, repository, branch, message: { type: 'enqueue', subject } }),
      );
      await condition(answered);
    } catch (error) {
      if (!isCancellation(error)) throw error;
      await CancellationScope.nonCancellable(async () => {
        const message = { type: 'withdraw', run, unit, result: work.result } as const;
        await tellQueue({ queue, repository, branch, message });
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

function timeOf(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
