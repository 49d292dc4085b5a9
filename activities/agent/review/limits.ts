// What is left of a slice's limits for one of the unit's conversations, which counts from its own beginning.

import type { SliceInput } from '../../../contracts/activities/agent.ts';
import type { UnitTotals } from '../../../contracts/usage.ts';
import { tokensOf } from '../../../domain/money/usage.ts';

type Limits = Pick<SliceInput, 'spendUpToUsd' | 'limitUsd' | 'tokensUpTo' | 'turnsUpTo'>;

/** `others`: what the unit's other conversations have used. */
export function limitsAfter({ spendUpToUsd, limitUsd, tokensUpTo, turnsUpTo }: Limits, others: UnitTotals): Limits {
  return {
    spendUpToUsd: less(spendUpToUsd, others.costUsd),
    limitUsd: less(limitUsd, others.costUsd),
    tokensUpTo: less(tokensUpTo, tokensOf(others.usage)),
    turnsUpTo: less(turnsUpTo, others.turns),
  };
}

function less(limit: number | null, used: number): number | null {
  return limit === null ? null : limit - used;
}
