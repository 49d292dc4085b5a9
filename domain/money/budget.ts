// The ledgers of a run: the money, tokens and turns that its sessions may still use. Each slice gets an allowance from
// what is neither used nor reserved, so a run exceeds a limit by at most one model call per running session. Pure; used
// by domain/run/step.ts.

/** USD, tokens, or model answers. */
export interface Ledger {
  /** For the whole run; null = no limit. */
  readonly limit: number | null;
  /** Used by all units so far, according to their checkpoints. If there is no limit, only money is counted. */
  readonly spent: number;
  /** Granted to the slices in flight, by unit. */
  readonly reserved: Readonly<Record<string, number>>;
}

/** Share of a budget after which people and the agent are warned. */
export const nearlySpentShare = 0.8;

export type Grant =
  | { readonly type: 'granted'; readonly amount: number | null; readonly ledger: Ledger }
  /** Nothing now, but slices in flight may give something back. */
  | { readonly type: 'wait' }
  | { readonly type: 'spent'; readonly whose: 'unit' | 'run' };

export function openLedger(limit: number | null): Ledger {
  return { limit, spent: 0, reserved: {} };
}

/** The share of a run's limit below which a slice is not worth starting while others may still give something back. */
const smallestShare = 0.01;

export interface Asks {
  readonly unit: string;
  /** What the unit's own budget still allows; null = no limit. */
  readonly unitLeft: number | null;
  /** Units that are asking now, this one included. */
  readonly asking: number;
  /** Only whole numbers can be granted, as with turns. */
  readonly whole?: boolean;
}

/**
 * Asks for an allowance for one slice: an equal share of what is free, as if every unit that now asks or works were to
 * get one. A slice that has used up its share asks again; shares shrink as the run nears its limit.
 */
export function grantAllowance(ledger: Ledger, { unit, unitLeft: ownLeft, asking, whole = false }: Asks): Grant {
  const unitLeft = ownLeft ?? Infinity;
  if (unitLeft <= 0) return { type: 'spent', whose: 'unit' };
  const { [unit]: _, ...others } = ledger.reserved;
  if (ledger.limit === null) {
    if (unitLeft === Infinity) return { type: 'granted', amount: null, ledger };
    return { type: 'granted', amount: unitLeft, ledger: { ...ledger, reserved: { ...others, [unit]: unitLeft } } };
  }
  const free = ledger.limit - ledger.spent - sum(others);
  const least = Math.max(ledger.limit * smallestShare, whole ? 1 : 0);
  const working = Object.keys(others).length;
  if (free < Math.min(least, unitLeft) && working > 0) return { type: 'wait' };
  if (free <= 0) return { type: 'spent', whose: 'run' };
  const share = Math.min(unitLeft, free, Math.max(free / (asking + working), least));
  const amount = whole ? Math.floor(share) : share;
  return { type: 'granted', amount, ledger: { ...ledger, reserved: { ...others, [unit]: amount } } };
}

/** Releases the unit's reservation and charges what it has used since it last settled. */
export function chargeAllowance(ledger: Ledger, unit: string, newlySpent: number): Ledger {
  const { [unit]: _, ...reserved } = ledger.reserved;
  return { ...ledger, reserved, spent: ledger.spent + Math.max(0, newlySpent) };
}

/** Raises the run's limit, if it has one. */
export function raiseLimit(ledger: Ledger, by: number): Ledger {
  return ledger.limit === null ? ledger : { ...ledger, limit: ledger.limit + by };
}

function sum(amounts: Readonly<Record<string, number>>): number {
  return Object.values(amounts).reduce((total, amount) => total + amount, 0);
}
