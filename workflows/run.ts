// One run: holds the graph and the ledger, starts a unit the moment its last dependency has landed, answers its units'
// requests for slices, and writes the report at the end. domain/run.ts decides. Units are children that speak with it by
// signals only, so it can continue-as-new at any time; cancel it, and it cancels what is open and waits for it.

import type { RunEvent, RunInput, RunState } from '../domain/run.ts';
import type { RunResult, RunView, UnitCancellation } from '../domain/views.ts';
import type { UnitId } from '../domain/ids.ts';
import {
  CancellationScope,
  CancelledFailure,
  ParentClosePolicy,
  WorkflowIdReusePolicy,
  allHandlersFinished,
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  isCancellation,
  setCurrentDetails,
  setHandler,
  sleep,
  startChild,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { allowanceSignal, cancelUnitUpdate, runViewQuery, unitSignal } from './messages.ts';
import {
  answerRequests,
  beginRun,
  hasEndedPhase,
  openUnits,
  reportUnits,
  runEnd,
  stepRun,
  unitsToStart,
} from '../domain/run.ts';
import { collectReport, viewRun } from '../domain/run-view.ts';
import { coppicePhase, coppiceRepository, coppiceRun } from '../domain/search-attributes.ts';
import { failure } from '../domain/failures.ts';
import { findEndedUnits, writeReport } from './activities.ts';
import { runDetails } from './details.ts';
import { unitWorkflow } from './unit.ts';
import { unitWorkflowId } from '../domain/ids.ts';

/** How long the run hears nothing before it looks whether its units still exist. */
const silence = '5m';

export async function runWorkflow(input: RunInput): Promise<RunResult> {
  const run = new Run(input);
  setHandler(runViewQuery, () => run.view());
  setHandler(unitSignal, (message) => run.take({ type: 'unit', message }));
  setHandler(cancelUnitUpdate, (unit) => run.cancelUnit(unit));
  run.show('running');
  void CancellationScope.nonCancellable(() => run.keepWatch());
  await run.untilEnded();
  return run.finish();
}

class Run {
  private state: RunState;
  private steps = 0;
  /** An activity is in flight whose answer a continue-as-new would lose. */
  private looking = false;
  private readonly input: RunInput;

  constructor(input: RunInput) {
    this.input = input;
    this.state = input.resumed ?? beginRun(input, now());
  }

  view(): RunView {
    return viewRun(this.input, this.state);
  }

  take(event: RunEvent): void {
    this.state = stepRun(this.input.nodes, this.state, event, now());
    this.steps += 1;
  }

  async cancelUnit(unit: UnitId): Promise<UnitCancellation> {
    const phase = this.state.units[unit]?.phase;
    if (phase === undefined) return { accepted: false, known: false, message: `the run has no unit ${unit}` };
    if (hasEndedPhase(phase)) return { accepted: false, known: true, message: `${unit} is ${phase} already` };
    this.take({ type: 'cancel-unit', unit });
    if (phase !== 'waiting') await this.cancelWorkflow(unit);
    return { accepted: true };
  }

  show(status: RunView['status']): void {
    upsertSearchAttributes([{ key: coppicePhase, value: status }]);
  }

  /** The one loop: start what is ready, answer who asks, wait for news since the round began. */
  async untilEnded(): Promise<void> {
    while (runEnd(this.state) === null) {
      setCurrentDetails(runDetails(this.view()));
      const seen = this.steps;
      try {
        await this.startUnits();
        await this.answer();
        if (workflowInfo().continueAsNewSuggested) await this.continueAsNew();
        await condition(() => this.steps !== seen);
      } catch (error) {
        if (!isCancellation(error) || this.state.cancelled) throw error;
        return CancellationScope.nonCancellable(() => this.cancelAll());
      }
    }
  }

  /** Beside the main loop, for as long as the run lives: one timer, not one for every wait. */
  async keepWatch(): Promise<never> {
    for (;;) {
      const seen = this.steps;
      await sleep(silence, { summary: 'look for units that went silent' });
      if (this.steps === seen) await this.lookForLostUnits();
    }
  }

  async finish(): Promise<RunResult> {
    const { context, nodes } = this.input;
    const status = runEnd(this.state) ?? 'failed';
    const result = await CancellationScope.nonCancellable(async (): Promise<RunResult> => {
      const data = collectReport(reportUnits(nodes, this.state), this.state, {
        status,
        endedAt: now(),
      });
      const report = await writeReport({ context, data });
      await condition(allHandlersFinished);
      const landed = data.units.filter((unit) => unit.status === 'landed').length;
      return { run: context.run, status, report, landed, units: nodes.length };
    });
    this.show(status);
    setCurrentDetails(runDetails({ ...this.view(), status }));
    if (status === 'cancelled') throw new CancelledFailure(`run ${context.run} was cancelled`, [result]);
    if (status === 'failed') {
      const message = `${result.landed} of ${result.units} units landed`;
      throw failure('RunFailed', message, { details: result });
    }
    return result;
  }

  private async startUnits(): Promise<void> {
    const { context, slug, settings, nodes } = this.input;
    const { slackChannel, approvalSeconds } = settings;
    const starting = unitsToStart(nodes, this.state, settings.parallel);
    for (const { id } of starting) this.take({ type: 'started', unit: id });
    await Promise.all(
      starting.map(({ id, title }) =>
        startChild(unitWorkflow, {
          workflowId: unitWorkflowId(context.run, id),
          args: [{ context, slug, unit: id, title, slackChannel, approvalSeconds }],
          parentClosePolicy: ParentClosePolicy.ABANDON,
          workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
          staticSummary: title,
          typedSearchAttributes: [
            { key: coppiceRun, value: context.run },
            { key: coppiceRepository, value: slug },
            { key: coppicePhase, value: 'ready' },
          ],
        }),
      ),
    );
  }

  private async answer(): Promise<void> {
    const { state, answers } = answerRequests(this.input, this.state, now());
    this.state = state;
    await Promise.all(
      answers.map(({ unit, message }) => this.tell(unit, (handle) => handle.signal(allowanceSignal, message))),
    );
  }

  private async cancelAll(): Promise<void> {
    const { nodes } = this.input;
    this.take({ type: 'cancel-run' });
    await Promise.all(openUnits(nodes, this.state).map((unit) => this.cancelWorkflow(unit)));
    while (runEnd(this.state) === null) {
      setCurrentDetails(runDetails(this.view()));
      const seen = this.steps;
      await this.answer();
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
    const { context, nodes } = this.input;
    const units = openUnits(nodes, this.state);
    if (units.length === 0) return;
    this.looking = true;
    const gone = await findEndedUnits({ context: { run: context.run }, units });
    for (const unit of gone) this.take({ type: 'lost', unit });
    this.looking = false;
  }

  private async continueAsNew(): Promise<never> {
    await condition(() => allHandlersFinished() && !this.looking);
    return continueAsNew<typeof runWorkflow>({ ...this.input, resumed: this.state });
  }
}

function now(): string {
  return new Date().toISOString();
}
