// A host makes the units of a written plan before the run can begin with it. Pure; part of domain/run/step.ts.

import type { MadeUnits } from '../../contracts/activities/planning.ts';
import type { RunState, RunStateEvent } from './state.ts';
import { askAbout } from './hold.ts';
import { changeUnit } from './state.ts';
import { reason } from '../../contracts/failures.ts';

/** The planner is the graph's only unit. */
const planner = 0;

/** Whether a host is to make them now. */
export function awaitsUnits({ planning, units, cancelled, nextPlan }: RunState): boolean {
  const isWaiting = units[planner]?.phase === 'waiting';
  return planning?.unitsOnly === true && planning.plan === null && nextPlan === undefined && !cancelled && isWaiting;
}

export function beginUnits(state: RunState, now: number): RunState {
  return changeUnit(state, planner, { phase: 'working', since: now, startedAt: now });
}

/** What a host has made of the plan of whoever asked for the run. */
export function unitsMade(
  made: MadeUnits,
  by: string,
): Extract<RunStateEvent, { type: 'units-made' | 'units-failed' }> {
  if (made.status === 'failed') return { type: 'units-failed', reason: made.reason };
  const { plan, request, verdict } = made;
  if (verdict.decide === 'deny')
    return { type: 'units-failed', reason: reason('denied', `policy does not allow this plan (${verdict.rule})`) };
  return {
    type: 'units-made',
    edit: { plan, by, added: request.unitCount, changed: 0, removed: 0 },
    ask: verdict.decide === 'ask' ? { request, policy: verdict.policy } : null,
  };
}

export function takeUnits(
  state: RunState,
  { edit, ask }: Extract<RunStateEvent, { type: 'units-made' }>,
  now: number,
): RunState {
  if (ask === null) {
    const made = changeUnit(state, planner, { phase: 'landed', since: now });
    return { ...made, planning: { plan: edit.plan, unitsOnly: true } };
  }
  const asking = changeUnit(state, planner, {
    phase: 'asking',
    since: now,
    reason: 'people must agree to the plan first',
  });
  const question = { ...edit, policy: ask.policy, touched: [], isFirst: true };
  return { ...asking, hold: askAbout(asking.hold, { kind: 'plan', ...ask.request, edit: question }) };
}
