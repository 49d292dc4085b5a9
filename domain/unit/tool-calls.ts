// Tool calls that people must allow; part of life.ts.

import type { ApprovalView } from '../../contracts/approval.ts';
import type { PersonMessage } from '../../contracts/activities/agent.ts';
import type { AllowedCall, Remembering } from '../../contracts/tool-request.ts';
import type { UnitAsk, UnitLife } from './state.ts';
import { describeEnd, explainDenial } from '../approval/decide.ts';
import { rememberedOf } from '../approval/remembering.ts';

/** Most calls that are allowed for good, in a unit and in a run. */
const mostAllowed = 50;

type ToolAsk = Extract<UnitAsk, { kind: 'tool' }>;

/** A refused call is no failure: the agent learns why, and may find another way. */
export function afterToolDecision(life: UnitLife, { request, feedback }: ToolAsk, view: ApprovalView): UnitLife {
  const { call, hash } = request;
  const rule = allowedForGood(request.key, view);
  const word: PersonMessage =
    view.status === 'approved'
      ? { id: view.id, by: describeEnd(view), text: null, call, decision: { allowed: true, hash } }
      : { id: view.id, by: 'Coppice', text: refusalOf(view), call, decision: { allowed: false } };
  return {
    ...life,
    ...(rule?.remember === 'unit' ? { allowedCalls: withAllowed(life.allowedCalls, rule.call) } : {}),
    words: [...life.words, word],
    state: { status: 'ready', feedback },
  };
}

function refusalOf(view: ApprovalView): string {
  return view.status === 'expired' ? 'nobody decided in time' : explainDenial(view);
}

/** The rule that people have made by approving the call, if they have; null = they have not. */
export function allowedForGood(
  key: string,
  view: ApprovalView,
): { readonly remember: Remembering; readonly call: AllowedCall } | null {
  const rule = rememberedOf(view);
  return rule === null ? null : { remember: rule.remember, call: { key, by: rule.by, approval: view.id } };
}

/** The oldest are forgotten first: their calls are asked about again. */
export function withAllowed(known: readonly AllowedCall[] = [], call: AllowedCall): readonly AllowedCall[] {
  return [...known.filter(({ key }) => key !== call.key), call].slice(-mostAllowed);
}
