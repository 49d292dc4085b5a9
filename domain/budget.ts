// The ledger of a run: what its sessions may still spend. Each slice gets an allowance out of what is neither spent nor
// reserved, so a run overspends by at most one model call per running session. Pure; used by domain/run.ts.

export interface Ledger {
  /** USD for the whole run; null = no limit. */
  readonly limitUsd: number | null;
  /** USD spent by each unit so far, as its checkpoints say. */
  readonly spent: Readonly<Record<string, number>>;
  /** USD granted to the slices in flight. */
  readonly reserved: Readonly<Record<string, number>>;
}

export type Grant =
  | { readonly type: 'granted'; readonly usd: number | null; readonly ledger: Ledger }
  /** Nothing now, but slices in flight may give something back. */
  | { readonly type: 'wait' }
  | { readonly type: 'spent'; readonly whose: 'unit' | 'run' };

export function openLedger(limitUsd: number | null): Ledger {
  return { limitUsd, spent: {}, reserved: {} };
}

export function spentUsd(ledger: Ledger): number {
  return sum(ledger.spent);
}

/** Asks for an allowance for one slice of `unit`, whose own limit is `unitLimitUsd` (null = none). */
export function grantAllowance(ledger: Ledger, unit: string, unitLimitUsd: number | null): Grant {
  const unitLeft = unitLimitUsd === null ? Infinity : unitLimitUsd - (ledger.spent[unit] ?? 0);
  if (unitLeft <= 0) return { type: 'spent', whose: 'unit' };
  const { [unit]: _, ...others } = ledger.reserved;
  const runLeft = ledger.limitUsd === null ? Infinity : ledger.limitUsd - spentUsd(ledger) - sum(others);
  if (runLeft < unitLeft && Object.keys(others).length > 0) return { type: 'wait' };
  if (runLeft <= 0) return { type: 'spent', whose: 'run' };
  const usd = Math.min(unitLeft, runLeft);
  if (usd === Infinity) return { type: 'granted', usd: null, ledger };
  return { type: 'granted', usd, ledger: { ...ledger, reserved: { ...others, [unit]: usd } } };
}

/** Takes the unit's total so far (not the slice's) and releases its reservation; settling twice changes nothing. */
export function settleAllowance(ledger: Ledger, unit: string, unitSpentUsd: number): Ledger {
  const { [unit]: _, ...reserved } = ledger.reserved;
  const spent = Math.max(ledger.spent[unit] ?? 0, unitSpentUsd);
  return { ...ledger, reserved, spent: { ...ledger.spent, [unit]: spent } };
}

function sum(amounts: Readonly<Record<string, number>>): number {
  return Object.values(amounts).reduce((total, amount) => total + amount, 0);
}
