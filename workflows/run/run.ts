// One run: holds the graph and the ledger, starts a unit the moment its last dependency has landed, answers its units'
// requests for slices, and writes the report at the end. domain/run/step.ts decides. Units are children that talk to it
// by signals only, so it can continue-as-new at any time. If the run is cancelled, it cancels its open units and waits
// for them. Records of ended units go to git page by page, so that continue-as-new carries little.

import {
  CancellationScope,
  CancelledFailure,
  allHandlersFinished,
  condition,
  continueAsNew,
  isCancellation,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import {
  type Reachable,
  type RunHead,
  type RunOverview,
  type RunResult,
  type RunView,
  type UnitActionAnswer,
  type ViewRequest,
  type PlanEdit,
  type PlanEditAnswer,
  cancelUnitUpdate,
  editPlanUpdate,
  pauseUpdate,
  resumeUpdate,
  type RetryHow,
  retryUnitUpdate,
  reachableQuery,
  runOverviewQuery,
  runViewQuery,
  skipUnitUpdate,
  unitSignal,
} from '../../contracts/messages/run.ts';
import type { AllowanceMessage } from '../../contracts/messages/unit.ts';
import type { PlanNode, RunContext } from '../../contracts/documents/plan.ts';
import type { RunInput } from '../../domain/run/input.ts';
import type { Sha, UnitId } from '../../contracts/ids.ts';
import { RunDisplay } from './display.ts';
import { Question } from './question.ts';
import { type RunStateEvent, type RunState, type RunUnit, freshUnit, hasEndedPhase } from '../../domain/run/state.ts';
import { type RunGraph, unpackGraph } from '../../domain/plan/graph.ts';
import { Trial } from './trial.ts';
import { RunThreads } from './run-threads.ts';
import { UnitWorkflows } from './unit-workflows.ts';
import { adoptPlan } from '../../domain/run/adopt.ts';
import { answerRequests, unitsAtWork } from '../../domain/run/grants.ts';
import { beginRun } from '../../domain/run/begin.ts';
import { count } from '../../domain/text/count.ts';
import { awaitsUnits, unitsMade } from '../../domain/run/units.ts';
import { describeFailure } from '../failure-text.ts';
import { failure, reason } from '../../contracts/failures.ts';
import { isHeld } from '../../domain/run/hold.ts';
import { comparePlans, findEndedUnits, makeUnits, openPlan, saveRecords, writeReport } from '../activities.ts';
import { comparisonFor, editOfReport, planEdited, refuseChanges, refuseEdit } from '../../domain/run/edit.ts';
import { webUiText } from '../../domain/text/inert.ts';
import { openUnits, runEnd, stepRun } from '../../domain/run/step.ts';
import { packRun, unpackRun } from '../../domain/run/pack.ts';
import { pageSize, recordsOf, unrecorded } from '../../domain/run/records.ts';
import { overviewOfRun, progressOf, statusOf, viewRun } from '../../domain/run/view.ts';
import {
  readResolution,
  refuseCancel,
  refusePause,
  refuseResume,
  refuseRetry,
  refuseSkip,
} from '../../domain/run/actions.ts';
import { reachableIn } from '../../domain/run/reachable.ts';
import { unitsToStart } from '../../domain/run/schedule.ts';

const endingNow = { accepted: false, known: true, ending: true, message: 'the run is just ending' } as const;

/** If the run hears nothing for this long, it checks whether its units still exist. */
const silenceMs = 5 * 60_000;
/** Each further check waits twice as long as the one before: a run may wait for people for months. */
const longestSilenceMs = 6 * 60 * 60_000;

export async function runWorkflow(input: RunInput): Promise<RunResult> {
  const run = new RunExecution(input);
  setHandler(runViewQuery, (request) => run.view(request));
  setHandler(runOverviewQuery, (request) => run.overview(request));
  setHandler(reachableQuery, (unit) => run.reachable(unit));
  setHandler(unitSignal, (message) => run.take({ type: 'unit', message }));
  setHandler(cancelUnitUpdate, (unit) => run.cancelUnit(unit));
  setHandler(retryUnitUpdate, (unit, how) => run.retryUnit(unit, how));
  setHandler(skipUnitUpdate, (unit, by) => run.skipUnit(unit, by));
  setHandler(pauseUpdate, (unit, by) => run.pause(unit, by));
  setHandler(resumeUpdate, (unit) => run.resume(unit));
  setHandler(editPlanUpdate, (edit) => run.editPlan(edit));
  void CancellationScope.nonCancellable(() => run.keepWatch());
  await run.untilEnded();
  return run.finish();
}

class RunExecution {
  private state: RunState;
  private steps = 0;
  /** Activities and starts in flight whose outcome a continue-as-new would lose. */
  private underWay = 0;
  private ending = false;
  private readonly input: RunInput;
  private readonly graph: RunGraph;
  private readonly trial: Trial;
  private readonly question: Question;
  private readonly units: UnitWorkflows;
  private readonly display = new RunDisplay();
  private readonly threads: RunThreads;

  constructor(input: RunInput) {
    this.input = input;
    this.graph = unpackGraph(input.graph);
    this.trial = new Trial(input);
    this.question = new Question(input, this.trial, (event) => this.take(event));
    this.units = new UnitWorkflows(input);
    this.state =
      input.resumed === undefined ? beginRun(this.graph, input.settings, Date.now()) : unpackRun(input.resumed);
    this.threads = new RunThreads({ input, graph: this.graph, state: () => this.state });
  }

  view(request?: ViewRequest): RunView {
    return this.withTrial(viewRun(this.input, this.graph, this.state, request));
  }

  overview(request: { readonly most: number }): RunOverview {
    return this.withTrial(overviewOfRun(this.input, this.graph, this.state, request));
  }

  reachable(unit: UnitId | null): Reachable {
    return reachableIn(this.graph, this.state, unit);
  }

  private withTrial<Answer extends RunHead>(answer: Answer): Answer {
    return this.trial.isUnderWay ? { ...answer, trying: true } : answer;
  }

  take(event: RunStateEvent): void {
    this.state = stepRun(this.graph, this.state, event, Date.now());
    this.steps += 1;
  }

  async cancelUnit(unit: UnitId): Promise<UnitActionAnswer> {
    const refused = refuseCancel(this.graph, this.state, unit);
    if (refused !== null) return refused;
    const { phase } = this.unit(unit);
    this.take({ type: 'cancel-unit', unit });
    if (phase !== 'waiting') await this.units.cancel(unit);
    return { accepted: true };
  }

  async retryUnit(unit: UnitId, how: RetryHow = {}): Promise<UnitActionAnswer> {
    const { reverted } = how;
    const resolution = readResolution(how.resolution);
    const mayNot = (): UnitActionAnswer | null =>
      this.ending ? endingNow : refuseRetry(this.graph, this.state, unit, reverted);
    // The unit's record so far is saved before the retry begins.
    while (mayNot() === null && !this.unit(unit).recorded) {
      await condition(() => this.underWay === 0);
      await this.saveRecords(1);
    }
    const refused = mayNot();
    if (refused !== null) return refused;
    this.take({ type: 'retry-unit', unit, ...(resolution === null ? {} : { resolution }) });
    return { accepted: true };
  }

  async skipUnit(unit: UnitId, by: string): Promise<UnitActionAnswer> {
    const refused = this.ending ? endingNow : refuseSkip(this.graph, this.state, unit);
    if (refused !== null) return refused;
    const { phase } = this.unit(unit);
    this.take({ type: 'skip-unit', unit, by });
    if (phase !== 'waiting' && !hasEndedPhase(phase)) await this.units.cancel(unit);
    return { accepted: true };
  }

  /**
   * `unit` null = the whole run. Sessions at work stop their commands and leave their hosts; the answer does not wait
   * for them.
   */
  async pause(unit: UnitId | null, by: string): Promise<UnitActionAnswer> {
    const refused = this.ending ? endingNow : refusePause(this.graph, this.state, unit);
    if (refused !== null) return refused;
    const atWork = unitsAtWork(this.graph, this.state).filter((id) => unit === null || id === unit);
    this.take(unit === null ? { type: 'pause-run', by } : { type: 'pause-unit', unit, by });
    await Promise.all(atWork.map((id) => this.units.leaveHost(id)));
    return { accepted: true };
  }

  resume(unit: UnitId | null): UnitActionAnswer {
    const refused = this.ending ? endingNow : refuseResume(this.graph, this.state, unit);
    if (refused !== null) return refused;
    this.take(unit === null ? { type: 'resume-run' } : { type: 'resume-unit', unit });
    return { accepted: true };
  }

  /**
   * The main loop: starts ready units, answers units that ask, saves records, then waits for news since the round
   * began.
   */
  async untilEnded(): Promise<void> {
    while (runEnd(this.state) === null) {
      const seen = this.steps;
      try {
        const plan = this.state.planning?.plan ?? this.state.nextPlan?.plan;
        if (plan !== undefined && !this.question.isOpen) await this.goOnWith(plan);
        // Not before people have agreed to the plan.
        if (!this.trial.isOver && !this.question.isOpen && this.state.hold.ask === null) await this.tryTarget();
        if (awaitsUnits(this.state) && !isHeld(this.state)) await this.makeUnits();
        await this.startAndAnswer();
        this.askPeople();
        this.show(statusOf(this.state));
        await this.saveRecords(pageSize);
        if (workflowInfo().continueAsNewSuggested && !this.question.isOpen) await this.continueAsNew();
        await condition(() => this.steps !== seen);
      } catch (error) {
        if (!isCancellation(error) || this.state.cancelled) throw error;
        return CancellationScope.nonCancellable(() => this.cancelAll());
      }
    }
  }

  /** With another plan; a run that only plans goes on with no unit, and so ends. */
  private async goOnWith(plan: Sha): Promise<never> {
    const context = { ...this.context(), plan };
    const { planning, ...settings } = this.input.settings;
    const only = planning?.only === true;
    const packed = only ? [] : (await openPlan.executeWithOptions({ summary: 'open the plan' }, [{ context }])).graph;
    // What happens until then is in the state that is adopted.
    const adopt = (): RunState => adoptPlan(this.graph, this.state, unpackGraph(packed), Date.now());
    return this.continueAsNew({ context, settings, graph: packed, ...(only ? { planOnly: true } : {}) }, adopt);
  }

  async editPlan(edit: PlanEdit): Promise<PlanEditAnswer> {
    const { context } = this.input;
    const mayNot = () => (this.ending ? endingNow : refuseEdit(this.state, context.plan, edit));
    const early = mayNot();
    if (early !== null) return early;
    const summary = `look at the plan that ${webUiText(edit.by)} has changed`;
    const compared = await comparePlans.executeWithOptions({ summary }, [comparisonFor(this.state, context, edit)]);
    const refused = mayNot() ?? refuseChanges(this.graph, this.state, compared);
    if (refused !== null) return refused;
    const event = planEdited(compared, edit);
    this.take(event);
    // What is open is about the plan before.
    this.question.takeBack();
    return { accepted: true, asks: event.ask !== null };
  }

  private async makeUnits(): Promise<void> {
    const { context } = this.input;
    this.take({ type: 'units-begun' });
    this.show(statusOf(this.state));
    try {
      const made = await makeUnits.executeWithOptions({ summary: 'make the units of the plan' }, [{ context }]);
      this.take(unitsMade(made, context.requestedBy));
    } catch (error) {
      const why = isCancellation(error) ? reason('cancelled', 'by request') : reason('error', describeFailure(error));
      this.take({ type: 'units-failed', reason: why });
      if (isCancellation(error)) throw error;
    }
  }

  private async tryTarget(): Promise<void> {
    const verdict = await this.trial.first(() => this.show(statusOf(this.state)));
    this.take({ type: 'target-tried', verdict });
  }

  private askPeople(): void {
    const { ask, asked } = this.state.hold;
    if (this.question.isOpen && ask !== null && this.question.asked !== asked) this.question.takeBack();
    if (ask === null || this.question.isOpen) return;
    this.question.ask(ask, asked, () => (this.steps += 1));
  }

  /** Runs beside the main loop as long as the run lives: one timer, not one for every wait. */
  async keepWatch(): Promise<never> {
    for (let ms = silenceMs; ;) {
      const seen = this.steps;
      await sleep(ms, { summary: 'look for units that went silent' });
      const isSilent = this.steps === seen;
      ms = isSilent ? Math.min(2 * ms, longestSilenceMs) : silenceMs;
      if (isSilent) {
        await this.lookForLostUnits();
        await this.threads.lookForFullHosts(unitsAtWork(this.graph, this.state));
      }
      // A run may wait for people for months, and these checks alone make its history grow.
      if (workflowInfo().continueAsNewSuggested && !this.question.isOpen) this.steps += 1;
    }
  }

  async finish(): Promise<RunResult> {
    this.ending = true;
    const { context } = this.input;
    const status = runEnd(this.state) ?? 'failed';
    this.question.takeBack();
    const result = await CancellationScope.nonCancellable(async (): Promise<RunResult> => {
      await condition(() => allHandlersFinished() && !this.question.isOpen);
      // The report includes the last page.
      while (unrecorded(this.graph, this.state).length > pageSize) await this.saveRecords(pageSize);
      const { startedAt, pages, reopened, planner, edits } = this.state;
      const data = {
        status,
        pages,
        reopened,
        limitUsd: this.state.ledgers.usd.limit,
        startedAt: new Date(startedAt).toISOString(),
        endedAt: new Date().toISOString(),
        units: recordsOf(this.graph, this.state, unrecorded(this.graph, this.state)),
        decisions: this.state.hold.decisions,
        ...(planner === undefined ? {} : { planner }),
        ...(edits === undefined ? {} : { edits: edits.map(editOfReport) }),
        ...(this.input.planOnly === true ? { planOnly: true as const } : {}),
      };
      const report = await writeReport.executeWithOptions({ summary: 'write the report' }, [{ context, data }]);
      await condition(allHandlersFinished);
      const { landed, total } = progressOf(this.state);
      return { run: context.run, status, report, landed, units: total };
    });
    this.show(status);
    await this.threads.tellEnd();
    if (status === 'cancelled') throw new CancelledFailure(`run ${context.run} was cancelled`, [result]);
    if (status === 'failed') {
      const message = result.units === 0 ? 'there is no plan' : `${result.landed} of ${result.units} units landed`;
      throw failure('RunFailed', message, { details: result });
    }
    return result;
  }

  /** Starting a unit counts as its request for the first slice; most units get their allowance with the start. */
  private async startAndAnswer(): Promise<void> {
    const starting = unitsToStart(this.graph, this.state, this.input.settings.parallel);
    for (const { id } of starting) this.take({ type: 'started', unit: id });
    const { state, answers } = answerRequests(this.graph, this.input.settings, this.state, Date.now());
    this.state = state;
    const granted = new Map(answers.map(({ unit, message }) => [unit, message]));
    const begun = new Set(starting.map(({ id }) => id));
    await Promise.all([
      ...starting.map((node) => this.startUnit(node, granted.get(node.id))),
      ...answers.filter(({ unit }) => !begun.has(unit)).map(({ unit, message }) => this.units.grant(unit, message)),
    ]);
  }

  private async startUnit(node: PlanNode, allowance: AllowanceMessage | undefined): Promise<void> {
    const { id } = node;
    const { retries, seq, resolution } = this.unit(id);
    await this.units.start(node, { context: this.context(), allowance, retries, seq, resolution });
    // A pause during the start found no unit to tell.
    const isPaused = this.state.hold.pausedBy !== null || this.unit(id).pausedBy !== null;
    if (isPaused) await this.units.leaveHost(id);
  }

  /** Saves records of ended units to git, as soon as there are `least` of them. */
  private async saveRecords(least: number): Promise<void> {
    const units = unrecorded(this.graph, this.state).slice(0, pageSize);
    if (units.length < least || this.underWay > 0) return;
    await this.whileUnderWay(async () => {
      const { context } = this.input;
      const { version, pages } = this.state;
      const page = pages + 1;
      const summary = `save what is known of ${count(units.length, 'ended unit')}`;
      const records = recordsOf(this.graph, this.state, units);
      await saveRecords.executeWithOptions({ summary }, [{ context, page, units: records }]);
      this.take({ type: 'recorded', units, version });
    });
  }

  private async cancelAll(): Promise<void> {
    this.take({ type: 'cancel-run' });
    await Promise.all(openUnits(this.graph, this.state).map((unit) => this.units.cancel(unit)));
    this.show('running');
    while (runEnd(this.state) === null) {
      const seen = this.steps;
      await this.startAndAnswer();
      this.show('running');
      await condition(() => this.steps !== seen);
    }
  }

  private async lookForLostUnits(): Promise<void> {
    const { context } = this.input;
    const units = openUnits(this.graph, this.state);
    if (units.length === 0 || this.state.planning?.unitsOnly === true) return;
    await this.whileUnderWay(async () => {
      const summary = 'look whether silent units still exist';
      const asked = { context: { run: context.run }, units };
      const gone = await findEndedUnits.executeWithOptions({ summary }, [asked]);
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

  private show(status: RunView['status']): void {
    this.display.show({ input: this.input, graph: this.graph, state: this.state }, status);
  }

  private context(): RunContext {
    const { context } = this.input;
    const { redTarget } = this.trial;
    return redTarget === undefined ? context : { ...context, redTarget };
  }

  private unit(id: UnitId): RunUnit {
    return this.state.units[this.graph.positions.get(id) ?? -1] ?? freshUnit;
  }

  /** With `next` and `adopt`, with another plan. */
  private async continueAsNew(next: Partial<RunInput> = {}, adopt = () => this.state): Promise<never> {
    const told = await this.threads.stop();
    await condition(() => allHandlersFinished() && this.underWay === 0);
    const input = { ...this.input, context: this.context(), ...next };
    const { tryTarget, planAsk: _asked, ...others } = input.settings;
    const settings = this.trial.isOver || tryTarget === undefined ? others : { ...others, tryTarget };
    return continueAsNew<typeof runWorkflow>({ ...input, settings, resumed: packRun(adopt()), told });
  }
}
