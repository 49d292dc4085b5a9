// What a run may use in total, in all measures: money, tokens, and turns. Pure; part of domain/run/step.ts.

import type { Ledgers } from './state.ts';
import type { RunLimits } from './settings.ts';
import { tokensOf } from '../money/usage.ts';
import type { UnitTotals } from '../../contracts/usage.ts';
import { grantAllowance, openLedger, chargeAllowance } from '../money/budget.ts';

export type Measure = keyof Ledgers;

type Amounts = Readonly<Record<Measure, number | null>>;

export function openLedgers({ budgetUsd, maxTokens = null, maxTurns = null }: RunLimits): Ledgers {
  return { usd: openLedger(budgetUsd), tokens: openLedger(maxTokens), turns: openLedger(maxTurns) };
}

export interface AsksAll {
  readonly unit: string;
  /** USD that the unit's own budget still allows; null = no limit. */
  readonly unitLeftUsd: number | null;
  /** Units that are asking now, this one included. */
  readonly asking: number;
}

/**
 * Grants an allowance in every measure, or in none; then the first measure without one says why. Money comes last:
 * people can add to it, and should be asked only for what can be used.
 */
export function grantAll(ledgers: Ledgers, { unit, unitLeftUsd, asking }: AsksAll) {
  const tokens = grantAllowance(ledgers.tokens, { unit, unitLeft: null, asking });
  if (tokens.type !== 'granted') return { ...tokens, measure: 'tokens' } as const;
  const turns = grantAllowance(ledgers.turns, { unit, unitLeft: null, asking, whole: true });
  if (turns.type !== 'granted') return { ...turns, measure: 'turns' } as const;
  const usd = grantAllowance(ledgers.usd, { unit, unitLeft: unitLeftUsd, asking });
  if (usd.type !== 'granted') return { ...usd, measure: 'usd' } as const;
  const amounts: Amounts = { usd: usd.amount, tokens: tokens.amount, turns: turns.amount };
  const next: Ledgers = { usd: usd.ledger, tokens: tokens.ledger, turns: turns.ledger };
  return { type: 'granted', amounts, ledgers: next } as const;
}

/** What a unit has used since it last began, in the measures that the run limits. */
export function usedOf({ tokens, turns }: Ledgers, totals: Pick<UnitTotals, 'usage' | 'turns'>) {
  return {
    tokens: tokens.limit === null ? 0 : tokensOf(totals.usage),
    turns: turns.limit === null ? 0 : totals.turns,
  };
}

/** Releases the unit's reservations and charges what it has used since it last settled. */
export function chargeAll(ledgers: Ledgers, unit: string, newly: Readonly<Record<Measure, number>>): Ledgers {
  return {
    usd: chargeAllowance(ledgers.usd, unit, newly.usd),
    tokens: chargeAllowance(ledgers.tokens, unit, newly.tokens),
    turns: chargeAllowance(ledgers.turns, unit, newly.turns),
  };
}
