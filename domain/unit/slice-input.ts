// The input of a unit's next slice: where the unit is, and its limits in total. Pure.

import type { SliceInput } from '../../contracts/activities/agent.ts';
import type { StateOf, UnitLife } from './state.ts';
import { tokensOf } from '../money/usage.ts';

type Given = Pick<SliceInput, 'context' | 'unit' | 'retry'>;

/** An allowance limits one slice, but a session counts from its beginning. */
export function sliceInput(
  given: Given,
  { slices: slice, totals, egress, seconds, triedAgain, allowedCalls: ofUnit = [] }: UnitLife,
  { feedback, allowance, words, allowedCalls: ofRun = [] }: StateOf<'working'>,
): SliceInput {
  const inAll = (before: number, more: number | null): number | null => (more === null ? null : before + more);
  const allowedCalls = [...ofRun, ...ofUnit];
  return {
    ...given,
    slice,
    feedback,
    words,
    ...(egress === undefined ? {} : { egress }),
    ...(allowedCalls.length === 0 ? {} : { allowedCalls }),
    ...(triedAgain === undefined ? {} : { triedAgain }),
    spendUpToUsd: inAll(totals.costUsd, allowance.usd),
    limitUsd: inAll(totals.costUsd, allowance.unitUsd),
    tokensUpTo: inAll(tokensOf(totals.usage), allowance.tokens),
    turnsUpTo: inAll(totals.turns, allowance.turns),
    seconds: allowance.seconds,
    workedSeconds: Math.round(seconds.work),
  };
}
