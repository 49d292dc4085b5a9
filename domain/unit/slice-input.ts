// What a unit's next slice is started with: where the unit is, and how far it may go in all. Pure.

import type { SliceInput } from '../../contracts/activities/agent.ts';
import type { StateOf, UnitLife } from './state.ts';
import { tokensOf } from '../money/usage.ts';

type Given = Pick<SliceInput, 'context' | 'unit' | 'retry'>;

/** Limits of an allowance are for one slice; a session counts from its beginning. */
export function sliceInput(
  given: Given,
  { slices: slice, totals, egress, seconds }: UnitLife,
  { feedback, allowance, words }: StateOf<'working'>,
): SliceInput {
  const inAll = (before: number, more: number | null): number | null => (more === null ? null : before + more);
  return {
    ...given,
    slice,
    feedback,
    words,
    ...(egress === undefined ? {} : { egress }),
    spendUpToUsd: inAll(totals.costUsd, allowance.usd),
    limitUsd: inAll(totals.costUsd, allowance.unitUsd),
    tokensUpTo: inAll(tokensOf(totals.usage), allowance.tokens),
    turnsUpTo: inAll(totals.turns, allowance.turns),
    seconds: allowance.seconds,
    workedSeconds: Math.round(seconds.work),
  };
}
