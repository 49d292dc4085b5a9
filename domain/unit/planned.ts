// What becomes of a plan that a planner has made: policy and people decide; part of life.ts.

import type { StateOf, UnitAsk, UnitEvent, UnitLife } from './state.ts';
import type { ApprovalView } from '../../contracts/approval.ts';
import type { SliceResult } from '../../contracts/activities/agent.ts';
import type { PlanReplacement } from '../../contracts/messages/unit.ts';
import { ask, fail } from './transitions.ts';
import { asSha, isSha } from '../../contracts/ids.ts';
import { decisionOf } from '../approval/record.ts';
import { explainDenial, explainExpiry } from '../approval/decide.ts';
import { reason } from '../../contracts/failures.ts';

export function afterPlanned(
  life: UnitLife,
  { request, verdict }: Extract<SliceResult['outcome'], { status: 'planned' }>,
): UnitLife {
  switch (verdict.decide) {
    case 'allow':
      return { ...life, state: { status: 'planned', plan: asSha(request.plan) } };
    case 'ask':
      return ask(life, { kind: 'plan', request }, verdict.policy);
    case 'deny':
      return fail(life, reason('denied', `policy does not allow this plan (${verdict.rule})`));
  }
}

/** An answer says what should change: it goes to the planner, which makes another plan. */
export function afterPlanDecision(
  life: UnitLife,
  { request }: Extract<UnitAsk, { kind: 'plan' }>,
  view: ApprovalView,
): UnitLife {
  if (view.status === 'expired') return fail(life, reason('expired', explainExpiry(view)));
  if (view.status === 'approved') return { ...life, state: { status: 'planned', plan: asSha(request.plan) } };
  const vote = view.votes.at(-1);
  if (vote?.text === undefined) return fail(life, reason('denied', explainDenial(view)));
  const word = { id: view.id, by: vote.by.name, text: vote.text, call: null };
  return { ...life, words: [...life.words, word], state: { status: 'ready', feedback: null } };
}

/** Why a plan that a person has edited cannot take the place of the planner's; null = it can. */
export function refuseReplacement({ state }: UnitLife, { plan, expected }: PlanReplacement): string | null {
  if (state.status !== 'asking' || state.ask.kind !== 'plan') return 'no plan of it waits for a decision now';
  if (state.ask.request.plan !== expected) return 'the plan has changed since you opened it';
  return isSha(plan) ? null : 'the plan is no commit';
}

/** The edited plan is another question: what people have agreed to so far was the plan before. */
export function replacePlan(
  life: UnitLife,
  state: StateOf<'asking'>,
  { request, policy, view }: Extract<UnitEvent, { type: 'plan-replaced' }>,
  now: number,
): UnitLife {
  const { made } = state.ask.kind === 'plan' ? state.ask.request : {};
  const why = `${request.change?.by ?? 'somebody'} has edited the plan`;
  const withdrawn = view === undefined ? [] : [{ ...decisionOf(view, now), reason: why }];
  const decisions = [...life.decisions, ...withdrawn];
  // It can still be sent back to the session that made the first one.
  const asked = { ...request, ...(made === undefined ? {} : { made: { ...made, why: '' } }) };
  return ask({ ...life, decisions }, { kind: 'plan', request: asked }, policy ?? state.policy);
}
