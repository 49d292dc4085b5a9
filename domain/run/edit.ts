// People change the plan of a run that is open: what has not started may become different. Pure; part of domain/run/step.ts.

import type { ApprovalView } from '../../contracts/approval.ts';
import type { RunContext } from '../../contracts/documents/plan.ts';
import type { ComparedPlans, PlanComparison } from '../../contracts/activities/planning.ts';
import type { PlanEdit, UnitActionAnswer } from '../../contracts/messages/run.ts';
import type { PlanChange } from '../../contracts/documents/report.ts';
import type { Sha, UnitId } from '../../contracts/ids.ts';
import type { AgreedPlan, RunAsk, RunState, RunStateEvent, RunUnit } from './state.ts';
import type { RunGraph } from '../plan/graph.ts';
import { askAbout, isBeforeStart } from './hold.ts';
import { andMore } from '../text/shown-paths.ts';

type Refusal = Extract<UnitActionAnswer, { accepted: false }>;

/** Why the plan cannot be changed now; null = it can. `plan`: that of the run. */
export function refuseEdit(
  state: RunState,
  plan: Sha,
  { expected, proposed }: Pick<PlanEdit, 'expected' | 'proposed'>,
): Refusal | null {
  const { hold, cancelled, planning, nextPlan } = state;
  if (proposed !== undefined && hold.ask !== null) return refusal('people are asked something about the run already');
  if (cancelled) return refusal('the run is being cancelled');
  if (planning !== undefined && hold.ask?.kind !== 'plan') return refusal('the run has no plan yet');
  if (nextPlan !== undefined)
    return { ...refusal('another change of the plan is on its way; look at the plan again'), again: true };
  if (expected !== plan && !(hold.ask?.kind === 'plan' && hold.ask.plan === expected))
    return { ...refusal('the plan has changed since you opened it'), again: true };
  if (hold.ask !== null && hold.ask.kind !== 'plan')
    return refusal('people are asked something else about the run; answer that first (coppice approvals)');
  return null;
}

/** Why this change cannot be made: what has started stays as it is, and policy may not allow the plan. */
export function refuseChanges(
  graph: RunGraph,
  { units }: RunState,
  { changed, removed, verdict }: Pick<PlanComparison, 'changed' | 'removed' | 'verdict'>,
): Refusal | null {
  const hasStarted = (id: UnitId): boolean => {
    const unit = units[graph.positions.get(id) ?? -1];
    return unit !== undefined && !isFresh(unit);
  };
  const started = [...changed, ...removed].filter(hasStarted);
  if (started.length > 0)
    return refusal(`${andMore(started, 5)} can no longer change: only units that wait for their start can`);
  return verdict.decide === 'deny' ? refusal(`policy does not allow this plan (${verdict.rule})`) : null;
}

/** It waits, or is skipped for now because of a unit that failed, and has never begun. */
function isFresh({ phase, startedAt, retries, failedDependency }: RunUnit): boolean {
  const isWaiting = phase === 'waiting' || (phase === 'skipped' && failedDependency !== null);
  return isWaiting && startedAt === null && retries === 0;
}

function refusal(message: string): Refusal {
  return { accepted: false, known: true, message };
}

/** What a host is to compare. */
export function comparisonFor(
  state: RunState,
  context: RunContext,
  { plan, expected, by, why, proposed }: PlanEdit,
): ComparedPlans {
  // As long as the run has no plan, the one that people are asked about.
  const before = state.planning === undefined ? context.plan : expected;
  return {
    context: { ...context, plan: before },
    plan,
    by,
    ...(proposed === undefined ? {} : { proposed: proposedUnits(state) + proposed }),
    ...(why === undefined ? {} : { why }),
  };
}

export function planEdited(
  { added, changed, removed, request, verdict }: PlanComparison,
  { plan, by, proposed }: PlanEdit,
): Extract<RunStateEvent, { type: 'plan-edited' }> {
  const counts = { added: added.length, changed: changed.length, removed: removed.length };
  return {
    type: 'plan-edited',
    edit: { plan, by, ...counts, ...(proposed === undefined ? {} : { proposed }) },
    ask: verdict.decide === 'ask' ? { request, policy: verdict.policy, touched: [...changed, ...removed] } : null,
  };
}

/** Units that agents of the run have proposed and that became a part of the plan. */
export function proposedUnits({ edits = [], proposedBefore = 0 }: RunState): number {
  return edits.reduce((sum, { proposed = 0 }) => sum + proposed, proposedBefore);
}

/** If people are asked about a plan already, they are asked about this one instead: their votes were about the other. */
export function editPlan(state: RunState, { edit, ask }: Extract<RunStateEvent, { type: 'plan-edited' }>): RunState {
  const isFirst = isBeforeStart(state.hold.ask);
  const { postponed: _, ...others } = state.hold;
  const hold = { ...others, ask: null };
  if (ask === null) return { ...state, hold, nextPlan: edit };
  const asked = {
    kind: 'plan',
    ...ask.request,
    edit: { ...edit, policy: ask.policy, touched: ask.touched, isFirst },
  } as const;
  return { ...state, hold: askAbout(hold, asked) };
}

/** The changed plan that people have just agreed to; null = that was not the question, or not the answer. */
export function agreedEdit(ask: RunAsk | null, { status }: ApprovalView): AgreedPlan | null {
  if (ask?.kind !== 'plan' || ask.edit === undefined || status !== 'approved') return null;
  const { policy: _policy, touched: _touched, isFirst: _isFirst, ...agreed } = ask.edit;
  return agreed;
}

export function editOfReport(edit: NonNullable<RunState['edits']>[number]): PlanChange {
  const { plan, by, at, added, changed, removed, proposed } = edit;
  const more = proposed === undefined ? {} : { proposed };
  return { plan, by, at: new Date(at).toISOString(), added, changed, removed, ...more };
}
