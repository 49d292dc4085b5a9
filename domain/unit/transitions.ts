// Transitions that several states have.

import type { UnitAsk, UnitEvent, UnitLife, UnitState } from './state.ts';
import type { ApprovalPolicy } from '../../contracts/approval.ts';

export function ask(life: UnitLife, about: UnitAsk, policy: ApprovalPolicy): UnitLife {
  return { ...life, approvals: life.approvals + 1, state: { status: 'asking', ask: about, policy } };
}

export function fail(life: UnitLife, why: string): UnitLife {
  return { ...life, state: { status: 'failed', reason: why } };
}

export function illegal(state: UnitState, event: UnitEvent): Error {
  return new Error(`a unit that is ${state.status} cannot take the event ${event.type}`);
}
