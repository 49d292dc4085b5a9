// How much a unit may write, and how fast.

import type { UnitId } from '../../contracts/ids.ts';
import { type BoardState, type Writer, pace, room } from './state.ts';

const minute = 60_000;
const fresh: Writer = { count: 0, recent: [] };

/** Why a unit may not write now; null = it may. */
export function refuseWriter({ writers }: BoardState, unit: UnitId, now: number): string | null {
  const { count, recent } = writers[unit] ?? fresh;
  if (count >= pace.inAll) {
    return `this unit has written ${pace.inAll} times to the board, and may not write again: do your own work`;
  }
  if (withinAMinute(recent, now).length >= pace.perMinute) {
    return `this unit has written ${pace.perMinute} times within a minute: go on with your work first`;
  }
  return null;
}

/** Counts one more writing of a unit. Of too many units, those that wrote long ago are forgotten. */
export function noteWriter(state: BoardState, unit: UnitId, now: number): BoardState {
  const { [unit]: known = fresh, ...others } = state.writers;
  const writer = { count: known.count + 1, recent: [...withinAMinute(known.recent, now), now] };
  const kept = Object.entries(others).slice(-(room.writers - 1));
  return { ...state, writers: { ...Object.fromEntries(kept), [unit]: writer } };
}

function withinAMinute(times: readonly number[], now: number): number[] {
  return times.filter((at) => now - at < minute);
}
