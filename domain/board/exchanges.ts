// Two agents that answer each other while neither changes a file are not working. After a few answers the next one is
// refused, until the worktree of one of them has changed.

import type { BoardAuthor } from '../../contracts/messages/board.ts';
import type { UnitId } from '../../contracts/ids.ts';
import { type BoardState, type Exchange, pace, room } from './state.ts';

/** The exchange with one more message; null = it would be one answer too many. */
export function withMessage(known: Exchange | undefined, { unit, tree }: BoardAuthor, to: UnitId): Exchange | null {
  const before = known?.trees[unit];
  const hasChanged = before !== undefined && before !== tree;
  const trees = { ...known?.trees, [unit]: tree };
  const units = unit < to ? ([unit, to] as const) : ([to, unit] as const);
  if (known === undefined || hasChanged) return { units, trees, last: unit, turns: 1 };
  const turns = known.last === unit ? known.turns : known.turns + 1;
  return turns > pace.turns ? null : { units, trees, last: unit, turns };
}

export function exchangeOf({ exchanges }: BoardState, a: UnitId, b: UnitId): Exchange | undefined {
  return exchanges.find(({ units }) => units.includes(a) && units.includes(b));
}

/** The newest last; of too many, the oldest are forgotten. */
export function withExchanges(state: BoardState, changed: readonly Exchange[]): BoardState {
  const isChanged = ({ units }: Exchange): boolean =>
    changed.some((each) => each.units[0] === units[0] && each.units[1] === units[1]);
  const kept = state.exchanges.filter((each) => !isChanged(each));
  return { ...state, exchanges: [...kept, ...changed].slice(-room.exchanges) };
}
