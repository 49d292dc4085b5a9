// A host makes the units of a written plan before the run can begin with it. Pure; part of domain/run/step.ts.

import type { RunState, RunStateEvent } from './state.ts';
import { askAbout } from './hold.ts';
import { changeUnit } from './state.ts';

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
