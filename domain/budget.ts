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

/** Part of a budget after which people and the agent are told. */
export const nearlySpentShare = 0.8;

export type Grant =
  | { readonly type: 'granted'; readonly usd: number | null; readonly ledger: Ledger }
  /** Nothing now, but slices in flight may give something back. */
  | { readonly type: 'wait' }
  | { readonly type: 'spent'; readonly whose: 'unit' | 'run' };

export function openLedger(limitUsd: number | null): Ledger {
  return { limitUsd, spentUsd: 0, reserved: {} };
}

/** Of a run's limit; a smaller part is not worth a slice while others may still give something back. */
const smallestShare = 0.01;

export interface Asks {
  readonly unit: string;
  /** USD that the unit may spend more by its own budget; null = no limit. */
  readonly unitLeftUsd: number | null;
  /** Units that ask now, this one included. */
  readonly asking: number;
}

/**
 * Asks for an allowance for one slice: an equal share of what is free, as if everybody who asks or works now were to get
 * one. A slice that has used up its share asks again; shares become smaller as the run's limit comes near.
 */
export function grantAllowance(ledger: Ledger, { unit, unitLeftUsd, asking }: Asks): Grant {
  const unitLeft = unitLeftUsd ?? Infinity;
  if (unitLeft <= 0) return { type: 'spent', whose: 'unit' };
  const { [unit]: _, ...others } = ledger.reserved;
  if (ledger.limitUsd === null) {
    if (unitLeft === Infinity) return { type: 'granted', usd: null, ledger };
    return { type: 'granted', usd: unitLeft, ledger: { ...ledger, reserved: { ...others, [unit]: unitLeft } } };
  }
  const free = ledger.limitUsd - ledger.spentUsd - sum(others);
  const least = ledger.limitUsd * smallestShare;
  const working = Object.keys(others).length;
  if (free < Math.min(least, unitLeft) && working > 0) return { type: 'wait' };
  if (free <= 0) return { type: 'spent', whose: 'run' };
  const usd = Math.min(unitLeft, free, Math.max(free / (asking + working), least));
  return { type: 'granted', usd, ledger: { ...ledger, reserved: { ...others, [unit]: usd } } };
}

/** Releases the unit's reservation and takes what it has spent since it last settled. */
export function settleAllowance(ledger: Ledger, unit: string, newlySpentUsd: number): Ledger {
  const { [unit]: _, ...reserved } = ledger.reserved;
  return { ...ledger, reserved, spentUsd: ledger.spentUsd + Math.max(0, newlySpentUsd) };
}

/** `usd` more for the whole run, where it has a limit. */
export function raiseLimit(ledger: Ledger, usd: number): Ledger {
  return ledger.limitUsd === null ? ledger : { ...ledger, limitUsd: ledger.limitUsd + usd };
}

function sum(amounts: Readonly<Record<string, number>>): number {
  return Object.values(amounts).reduce((total, amount) => total + amount, 0);
}
