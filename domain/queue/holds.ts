// What keeps a waiting entry out of the next train. Pure.

import type { QueueState } from './state.ts';
import { type Entry, isOf } from './entry.ts';
import { isFresh } from './repairs.ts';

/** Whether an entry may be taken for the next train. */
export function isReady(state: QueueState, entry: Entry, at: string): boolean {
  return mayGo(state, entry) && !isKeptOut(state, entry) && !isHeld(state, entry, at);
}

/** It came after the queue was told to drain. */
export function isKeptOut({ draining }: QueueState, { order }: Entry): boolean {
  return draining !== null && order >= draining.fromOrder;
}

export function isHeld(state: QueueState, { hold }: Entry, at: string): boolean {
  switch (hold?.why) {
    case undefined:
      return false;
    case 'repair':
      return state.repairs.some((repair) => isOf(repair, hold) && isFresh(repair, at));
    case 'line':
    case 'solo':
      return state.line !== null;
    case 'red-base':
      return state.redBase?.target === hold.target;
  }
}

/** Whether the queue takes an entry although it is paused: by what people gave it, however long it has waited. */
export function mayGo({ paused }: QueueState, { priority }: Entry): boolean {
  return paused === null || (paused.above !== null && priority >= paused.above);
}
