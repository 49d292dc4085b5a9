// Approvals that people take back while what they approved waits in the merge queue. Pure.

import type { TakeBack } from '../../contracts/messages/unit.ts';
import type { UnitLife } from './state.ts';
import { inertLine } from '../text/inert.ts';
import { reason } from '../../contracts/failures.ts';

/** Null = it can be tried; only the queue knows whether the landing has begun. */
export function refuseTakeBack({ state, decisions }: UnitLife, approval: string): string | null {
  const given = decisions.find(({ id, decision }) => id === approval && decision === 'approved');
  if (given === undefined) return `${inertLine(approval).slice(0, 200)} was not approved`;
  if (given.kind !== 'merge') return `${given.id} is about something that has been done`;
  return state.status === 'queued'
    ? null
    : `it is ${state.status}; only what waits in the merge queue can be taken back`;
}

/** What the unit fails with. */
export function explainTakeBack({ by, reason: why }: Omit<TakeBack, 'approval'>): string {
  const said = inertLine(why ?? '')
    .trim()
    .slice(0, 500);
  return reason(
    'denied',
    `the approval was taken back by ${inertLine(by).slice(0, 100)}${said === '' ? '' : `: ${said}`}`,
  );
}
