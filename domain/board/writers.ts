// How much a unit may write, and how fast.

import type { UnitId } from '../../contracts/ids.ts';
import { type BoardState, type Writer, pace, room } from './state.ts';

const minute = 60_000;

/** Why a unit may not write now; null = it may. */
export function refuseWriter({ writers }: BoardState, unit: UnitId, now: number): string | null {
  const { count, recent } = writerOf(writers, unit);
  if (count >= pace.inAll) {
    return `this unit has written ${pace.inAll} times to the board, and may not write again: do your own work`;
  }
  if (withinAMinute(recent, now).length >= pace.perMinute) {
    return `this unit has written ${pace.perMinute} times within a minute: go on with your work first`;
  }
  return null;
}

/** Counts one more writing of a unit. Of too many units, the one that wrote longest ago is forgotten. */
export function noteWriter(state: BoardState, unit: UnitId, now: number): BoardState {
  const { count, recent } = writerOf(state.writers, unit);
  const others = state.writers.filter((each) => each.unit !== unit);
  const writer = { unit, count: count + 1, recent: [...withinAMinute(recent, now), now] };
  return { ...state, writers: [...others.slice(1 - room.writers), writer] };
}

function writerOf(writers: readonly Writer[], unit: UnitId): Writer {
  return writers.find((each) => each.unit === unit) ?? { unit, count: 0, recent: [] };
}

function withinAMinute(times: readonly number[], now: number): number[] {
  return times.filter((at) => now - at < minute);
}
