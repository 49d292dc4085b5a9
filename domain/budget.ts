// The ledger of a run: what its sessions may still spend. Each slice gets an allowance out of what is neither spent nor
// reserved, so a run overspends by at most one model call per running session. Pure; used by domain/run.ts.

export interface Ledger {
  /** USD for the whole run; null = no limit. */
  readonly limitUsd: number | null;
  /** USD spent by all units so far, as their checkpoints say. */
  readonly spentUsd: number;
  /** USD granted to the slices in flight, by unit. */
  readonly reserved: Readonly<Record<string, number>>;
}

export type Grant =
  | { readonly type: 'granted'; readonly usd: number | null; readonly ledger: Ledger }
  /** Nothing now, but slices in flight may give something back. */
  | { readonly type: 'wait' }
  | { readonly type: 'spent'; readonly whose: 'unit' | 'run' };

export function openLedger(limitUsd: number | null): Ledger {
  return { limitUsd, spentUsd: 0, reserved: {} };
}

/** Asks for an allowance for one slice of `unit`, which may spend `unitLeftUsd` more by itself (null = no limit). */
export function grantAllowance(ledger: Ledger, unit: string, unitLeftUsd: number | null): Grant {
  const unitLeft = unitLeftUsd ?? Infinity;
  if (unitLeft <= 0) return { type: 'spent', whose: 'unit' };
  const { [unit]: _, ...others } = ledger.reserved;
  const runLeft = ledger.limitUsd === null ? Infinity : ledger.limitUsd - ledger.spentUsd - sum(others);
  if (runLeft < unitLeft && Object.keys(others).length > 0) return { type: 'wait' };
  if (runLeft <= 0) return { type: 'spent', whose: 'run' };
  const usd = Math.min(unitLeft, runLeft);
  if (usd === Infinity) return { type: 'granted', usd: null, ledger };
  return { type: 'granted', usd, ledger: { ...ledger, reserved: { ...others, [unit]: usd } } };
}

/** Releases the unit's reservation and takes what it has spent since it last settled. */
export function settleAllowance(ledger: Ledger, unit: string, newlySpentUsd: number): Ledger {
  const { [unit]: _, ...reserved } = ledger.reserved;
  return { ...ledger, reserved, spentUsd: ledger.spentUsd + Math.max(0, newlySpentUsd) };
}

function sum(amounts: Readonly<Record<string, number>>): number {
  return Object.values(amounts).reduce((total, amount) => total + amount, 0);
}
