// One run: holds the graph and the ledger, starts a unit the moment its last dependency has landed, answers its units'
// requests for slices, and writes the report at the end. domain/run/step.ts decides. Units are children that speak with it by
// signals only, so it can continue-as-new at any time; cancel it, and it cancels what is open and waits for it. What is
// known of units that ended goes to git page by page, so that what goes through continue-as-new is small.

import { Trial } from './trial.ts';
import { startUnit } from './start-unit.ts';
import { runDetails } from '../pages/run.ts';
import { beginRun } from '../../domain/run/begin.ts';
import type { RunInput } from '../../domain/run/input.ts';
import {
  cancelUnitUpdate,
  pauseUpdate,
  resumeUpdate,
  retryUnitUpdate,
  runViewQuery,
  skipUnitUpdate,
  unitSignal,
} from '../../contracts/messages/run.ts';
import { allowanceSignal, leaveHostSignal } from '../../contracts/messages/unit.ts';
import type { RunResult, RunView, UnitActionAnswer, ViewRequest } from '../../contracts/messages/run.ts';
import type { AllowanceMessage } from '../../contracts/messages/unit.ts';
import type { PlanNode, RunContext } from '../../contracts/documents/plan.ts';
import type { RunAsk, RunEvent, RunState, RunUnit } from '../../domain/run/state.ts';
import type { RunGraph } from '../../domain/plan/graph.ts';
import type { UnitId } from '../../contracts/ids.ts';
import {
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
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { answerRequests, unitsAtWork } from '../../domain/run/grants.ts';
import { unitsToStart } from '../../domain/run/schedule.ts';
import { freshUnit, hasEndedPhase } from '../../domain/run/state.ts';
import { openUnits, runEnd, stepRun } from '../../domain/run/step.ts';
import { coppicePhase } from '../../contracts/search-attributes.ts';
import { channelsOf } from '../../contracts/people.ts';
import { failure } from '../../contracts/failures.ts';
import { findEndedUnits, saveRecords, writeReport } from '../activities.ts';
import { packRun, unpackRun } from '../../domain/run/pack.ts';
import { pageSize, recordsOf, unrecorded } from '../../domain/run/records.ts';
import { progressOf, statusOf, viewRun } from '../../domain/run/view.ts';
import { refuseCancel, refusePause, refuseResume, refuseRetry, refuseSkip } from '../../domain/run/actions.ts';
import { aboutRun } from '../../domain/run/hold.ts';
import { askPeople } from '../approval/ask-people.ts';
import { runApprovalWorkflowId, unitWorkflowId } from '../../contracts/ids.ts';
import { unpackGraph } from '../../domain/plan/graph.ts';

const endingNow = { accepted: false, known: true, ending: true, message: 'the run is just ending' } as const;

/** How long the run hears nothing before it looks whether its units still exist. */
const silence = '5m';
export async function runWorkflow(input: RunInput): Promise<RunResult> {
  const run = new Run(input);
  setHandler(runViewQuery, (request) => run.view(request));
  setHandler(unitSignal, (message) => run.take({ type: 'unit', message }));
  setHandler(cancelUnitUpdate, (unit) => run.cancelUnit(unit));
  setHandler(retryUnitUpdate, (unit) => run.retryUnit(unit));
  setHandler(skipUnitUpdate, (unit, by) => run.skipUnit(unit, by));
  setHandler(pauseUpdate, (unit, by) => run.pause(unit, by));
  setHandler(resumeUpdate, (unit) => run.resume(unit));
  void CancellationScope.nonCancellable(() => run.keepWatch());
  await run.untilEnded();
  return run.finish();
}

class Run {
  private state: RunState;
  private steps = 0;
  /** Activities and starts in flight whose outcome a continue-as-new would lose. */
  private underWay = 0;
  private ending = false;
  /** The open approval that concerns the whole run. */
  private asking: CancellationScope | null = null;
  private trying: 'to come' | 'under way' | 'over';
  private redTarget: string | undefined;
  private readonly trial: Trial;
  private shownProgress = '';
  private shownStatus = '';
  private readonly input: RunInput;
  private readonly graph: RunGraph;

  constructor(input: RunInput) {
    this.input = input;
    this.graph = unpackGraph(input.graph);
    this.trying = input.settings.tryTarget === undefined ? 'over' : 'to come';
    this.trial = new Trial(input);
    this.redTarget = input.context.redTarget;
    this.state =
      input.resumed === undefined ? beginRun(this.graph, input.settings, Date.now()) : unpackRun(input.resumed);
  }

  view(request?: ViewRequest): RunView {
    const view = viewRun(this.input, this.graph, this.state, request);
    return this.trying === 'under way' ? { ...view, trying: true } : view;
  }

  take(event: RunEvent): void {
    this.state = stepRun(this.graph, this.state, event, Date.now());
    this.steps += 1;
  }

  async cancelUnit(unit: UnitId): Promise<UnitActionAnswer> {
    const refused = refuseCancel(this.graph, this.state, unit);
    if (refused !== null) return refused;
    const { phase } = this.unit(unit);
    this.take({ type: 'cancel-unit', unit });
    if (phase !== 'waiting') await this.cancelWorkflow(unit);
    return { accepted: true };
  }

  async retryUnit(unit: UnitId): Promise<UnitActionAnswer> {
    const mayNot = (): UnitActionAnswer | null => (this.ending ? endingNow : refuseRetry(this.graph, this.state, unit));
    // What it has been so far is kept before it is begun anew.
    while (mayNot() === null && !this.unit(unit).recorded) {
      await condition(() => this.underWay === 0);
      await this.saveRecords(1);
    }
    const refused = mayNot();
    if (refused !== null) return refused;
    this.take({ type: 'retry-unit', unit });
    return { accepted: true };
  }

  async skipUnit(unit: UnitId, by: string): Promise<UnitActionAnswer> {
    const refused = this.ending ? endingNow : refuseSkip(this.graph, this.state, unit);
    if (refused !== null) return refused;
    const { phase } = this.unit(unit);
    this.take({ type: 'skip-unit', unit, by });
    if (phase !== 'waiting' && !hasEndedPhase(phase)) await this.cancelWorkflow(unit);
    return { accepted: true };
  }

  /** Null = the whole run. Sessions at work stop their commands and leave their hosts; the answer waits for neither. */
  async pause(unit: UnitId | null, by: string): Promise<UnitActionAnswer> {
    const refused = this.ending ? endingNow : refusePause(this.graph, this.state, unit);
    if (refused !== null) return refused;
    const atWork = unitsAtWork(this.graph, this.state).filter((id) => unit === null || id === unit);
    this.take(unit === null ? { type: 'pause-run', by } : { type: 'pause-unit', unit, by });
    await Promise.all(atWork.map((id) => this.tell(id, (handle) => handle.signal(leaveHostSignal))));
    return { accepted: true };
  }

  resume(unit: UnitId | null): UnitActionAnswer {
    const refused = this.ending ? endingNow : refuseResume(this.graph, this.state, unit);
    if (refused !== null) return refused;
    this.take(unit === null ? { type: 'resume-run' } : { type: 'resume-unit', unit });
    return { accepted: true };
  }

  /** The one loop: start what is ready, answer units that ask, keep records, wait for news since the round began. */
  async untilEnded(): Promise<void> {
    while (runEnd(this.state) === null) {
      const seen = this.steps;
      try {
        if (this.trying !== 'over') await this.tryFirst();
        await this.startAndAnswer();
        this.askPeople();
        this.showProgress(statusOf(this.state));
        await this.saveRecords(pageSize);
        if (workflowInfo().continueAsNewSuggested && this.asking === null) await this.continueAsNew();
        await condition(() => this.steps !== seen);
      } catch (error) {
        if (!isCancellation(error) || this.state.cancelled) throw error;
        return CancellationScope.nonCancellable(() => this.cancelAll());
      }
    }
  }

  /** Once, before anything is spent. A run that continues as new, or is decided about, does not come here again. */
  private async tryFirst(): Promise<void> {
    this.trying = 'under way';
    this.showProgress(statusOf(this.state));
    const verdict = await this.trial.first();
    this.trying = 'over';
    if (verdict.type === 'go-on-red') this.redTarget = verdict.note;
    this.take({ type: 'target-tried', verdict });
  }

  /** While people are asked about a red target, somebody may change it: then the question is withdrawn, or another one. */
  private async watchRedTarget(ask: Extract<RunAsk, { kind: 'red-base' }>): Promise<void> {
    const verdict = await this.trial.untilOtherThan(ask);
    this.take({ type: 'target-tried', verdict });
    this.asking?.cancel();
  }

  /** Beside the main loop, for as long as the run lives: one timer, not one for every wait. */
  async keepWatch(): Promise<never> {
    for (;;) {
      const seen = this.steps;
      await sleep(silence, { summary: 'look for units that went silent' });
      if (this.steps === seen) await this.lookForLostUnits();
      // A run that waits for people may wait for months, and its history grows by the looking alone.
      if (workflowInfo().continueAsNewSuggested) this.steps += 1;
    }
  }

  async finish(): Promise<RunResult> {
    this.ending = true;
    const { context } = this.input;
    const status = runEnd(this.state) ?? 'failed';
    this.asking?.cancel();
    const result = await CancellationScope.nonCancellable(async (): Promise<RunResult> => {
      await condition(() => allHandlersFinished() && this.asking === null);
      // The last page goes with the report.
      while (unrecorded(this.graph, this.state).length > pageSize) await this.saveRecords(pageSize);
      const { startedAt, pages, reopened } = this.state;
      const report = await writeReport({
        context,
        data: {
          status,
          pages,
          reopened,
          startedAt: new Date(startedAt).toISOString(),
          endedAt: new Date().toISOString(),
          units: recordsOf(this.graph, this.state, unrecorded(this.graph, this.state)),
          decisions: this.state.hold.decisions,
        },
      });
      await condition(allHandlersFinished);
      const { landed, total } = progressOf(this.state);
      return { run: context.run, status, report, landed, units: total };
    });
    this.showProgress(status);
    if (status === 'cancelled') throw new CancelledFailure(`run ${context.run} was cancelled`, [result]);
    if (status === 'failed') {
      const message = `${result.landed} of ${result.units} units landed`;
      throw failure('RunFailed', message, { details: result });
    }
    return result;
  }

  /** A unit that starts has asked for its first slice; most get their allowance along. */
  private async startAndAnswer(): Promise<void> {
    const starting = unitsToStart(this.graph, this.state, this.input.settings.parallel);
    for (const { id } of starting) this.take({ type: 'started', unit: id });
    const { state, answers } = answerRequests(this.graph, this.input.settings, this.state, Date.now());
    this.state = state;
    const granted = new Map(answers.map(({ unit, message }) => [unit, message]));
    const begun = new Set(starting.map(({ id }) => id));
    await Promise.all([
      ...starting.map((node) => this.startUnit(node, granted.get(node.id))),
      ...answers
        .filter(({ unit }) => !begun.has(unit))
        .map(({ unit, message }) => this.tell(unit, (handle) => handle.signal(allowanceSignal, message))),
    ]);
  }

  /** Beside the main loop: units continue to end meanwhile, and anyone who cancels the run takes the question back. */
  private askPeople(): void {
    const { ask, asked } = this.state.hold;
    if (ask === null || this.asking !== null) return;
    const { context, slug, goal, settings } = this.input;
    const { run, repository, branch, requestedBy } = context;
    const place = { repository, branch, requestedBy, title: goal || run };
    const { budgetVerdict, approvalSeconds: openForSeconds } = settings;
    const channels = channelsOf(settings);
    const policy =
      ask.kind === 'budget' && budgetVerdict.decide === 'ask'
        ? budgetVerdict.policy
        : {
            rule: ask.kind === 'red-base' ? 'the target must be green' : 'the model must be reachable',
            by: [],
            allowed: null,
          };
    const id = runApprovalWorkflowId(run, asked);
    const asking = new CancellationScope();
    this.asking = asking;
    const watching = new CancellationScope();
    if (ask.kind === 'red-base') void watching.run(() => this.watchRedTarget(ask)).catch(() => undefined);
    void asking
      .run(() => askPeople({ id, run, unit: null, slug, ...aboutRun(ask, place), policy, openForSeconds, channels }))
      .then(
        async (view) => {
          watching.cancel();
          if (ask.kind === 'red-base' && view.status === 'approved') this.redTarget = await this.trial.noteFor(ask);
          this.take({ type: 'ask-ended', view, asked });
        },
        (error: unknown) => {
          // If it was terminated by hand, nobody will decide it. If it was cancelled with the run, nobody needs to.
          if (!isCancellation(error)) this.take({ type: 'ask-lost', asked });
        },
      )
      .finally(() => {
        watching.cancel();
        this.asking = null;
        this.steps += 1;
      });
  }

  private async startUnit(node: PlanNode, allowance: AllowanceMessage | undefined): Promise<void> {
    const { id } = node;
    const { retries, seq } = this.unit(id);
    await startUnit(node, { input: this.input, context: this.context(), allowance, retries, seq });
    // A pause that came meanwhile found nobody to tell.
    const isPaused = this.state.hold.pausedBy !== null || this.unit(id).pausedBy !== null;
    if (isPaused) await this.tell(id, (handle) => handle.signal(leaveHostSignal));
  }

  /** Puts records of ended units into git, as soon as there are `least` of them. */
  private async saveRecords(least: number): Promise<void> {
    const units = unrecorded(this.graph, this.state).slice(0, pageSize);
    if (units.length < least || this.underWay > 0) return;
    await this.whileUnderWay(async () => {
      const { context } = this.input;
      const { version, pages } = this.state;
      await saveRecords({ context, page: pages + 1, units: recordsOf(this.graph, this.state, units) });
      this.take({ type: 'recorded', units, version });
    });
  }

  private async cancelAll(): Promise<void> {
    this.take({ type: 'cancel-run' });
    await Promise.all(openUnits(this.graph, this.state).map((unit) => this.cancelWorkflow(unit)));
    this.showProgress('running');
    while (runEnd(this.state) === null) {
      const seen = this.steps;
      await this.startAndAnswer();
      this.showProgress('running');
      await condition(() => this.steps !== seen);
    }
  }

  private cancelWorkflow(unit: UnitId): Promise<void> {
    return this.tell(unit, (handle) => handle.cancel());
  }

  /** A unit whose workflow has ended has told so already, or is found by `lookForLostUnits`. */
  private async tell(
    unit: UnitId,
    what: (handle: ReturnType<typeof getExternalWorkflowHandle>) => Promise<void>,
  ): Promise<void> {
    try {
      await what(getExternalWorkflowHandle(unitWorkflowId(this.input.context.run, unit)));
    } catch (error) {
      if (isCancellation(error)) throw error;
    }
  }

  private async lookForLostUnits(): Promise<void> {
    const { context } = this.input;
    const units = openUnits(this.graph, this.state);
    if (units.length === 0) return;
    await this.whileUnderWay(async () => {
      const gone = await findEndedUnits({ context: { run: context.run }, units });
      for (const unit of gone) this.take({ type: 'lost', unit });
    });
  }

  private async whileUnderWay(work: () => Promise<void>): Promise<void> {
    this.underWay += 1;
    try {
      await work();
    } finally {
      this.underWay -= 1;
    }
  }

  /** The status page, the phase that operators search by, and in the memo the counts that lists show. */
  private showProgress(status: RunView['status']): void {
    if (status !== this.shownStatus) upsertSearchAttributes([{ key: coppicePhase, value: status }]);
    this.shownStatus = status;
    setCurrentDetails(runDetails({ input: this.input, graph: this.graph, state: this.state }, status));
    const progress = progressOf(this.state);
    const counts = `${progress.landed}/${progress.failed}`;
    if (counts !== this.shownProgress) upsertMemo({ progress });
    this.shownProgress = counts;
  }

  private context(): RunContext {
    const { context } = this.input;
    return this.redTarget === undefined ? context : { ...context, redTarget: this.redTarget };
  }

  private unit(id: UnitId): RunUnit {
    return this.state.units[this.graph.positions.get(id) ?? -1] ?? freshUnit;
  }

  private async continueAsNew(): Promise<never> {
    await condition(() => allHandlersFinished() && this.underWay === 0);
    const { tryTarget: _, ...settings } = this.input.settings;
    const resumed = packRun(this.state);
    return continueAsNew<typeof runWorkflow>({ ...this.input, context: this.context(), settings, resumed });
  }
}
