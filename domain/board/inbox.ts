// Messages on a board: kept until every recipient has confirmed them, then a while longer for people.

import type { BoardCursor, HeardMessage } from '../../contracts/messages/board.ts';
import type { UnitId } from '../../contracts/ids.ts';
import { type BoardState, type StoredMessage, room } from './state.ts';
import { bytesOf } from './text.ts';

/** What one request to a model brings at most. */
const atOnce = { messages: 10, bytes: 12_000 } as const;

/** Adds a message. The caller has checked that there is room. */
export function addMessage(
  state: BoardState,
  message: Pick<StoredMessage, 'at' | 'from' | 'to' | 'path' | 'text'>,
): BoardState {
  const number = state.next;
  const stored = { number, ...message, open: message.to };
  // With quotes and backslashes escaped, and its size.
  const size = bytesOf(JSON.stringify(stored)) + 20;
  return withoutOld({ ...state, next: number + 1, messages: [...state.messages, { ...stored, size }] });
}

/** The messages that a unit has not confirmed and that its journal does not hold. */
export function unreadOf(
  state: BoardState,
  unit: UnitId,
  { board, after }: { readonly board: string; readonly after: BoardCursor | null },
): HeardMessage[] {
  const known = after?.board === board ? after.number : 0;
  const found: HeardMessage[] = [];
  let bytes = 0;
  for (const message of state.messages) {
    if (message.number <= known || !message.open.includes(unit)) continue;
    bytes += message.size;
    if (found.length > 0 && (bytes > atOnce.bytes || found.length >= atOnce.messages)) break;
    found.push(asHeard(message));
  }
  return found;
}

export function asHeard({ at, number, from, to, path, text }: StoredMessage): HeardMessage {
  const about = path === undefined ? {} : { path };
  return { number, at: new Date(at).toISOString(), from, to, ...about, text };
}

/** A unit has confirmed everything up to this message. */
export function heard(state: BoardState, unit: UnitId, number: number): BoardState {
  return close(state, unit, (message) => message.number <= number);
}

/** A unit has ended: its claims, notes and messages are released. */
export function leave(state: BoardState, unit: UnitId): BoardState {
  return {
    ...close(state, unit, () => true),
    claims: state.claims.filter((claim) => claim.unit !== unit),
    notes: state.notes.map((note) => (note.by === unit ? { ...note, held: false } : note)),
    exchanges: state.exchanges.filter(({ units }) => !units.includes(unit)),
    writers: state.writers.filter((each) => each.unit !== unit),
  };
}

/** Units for which the board holds something. */
export function unitsOn({ messages, claims, notes, writers }: BoardState): UnitId[] {
  const holders = [...claims.map(({ unit }) => unit), ...notes.filter(({ held }) => held).map(({ by }) => by)];
  const waiting = messages.flatMap(({ open }) => open);
  return [...new Set([...waiting, ...holders, ...writers.map(({ unit }) => unit)])];
}

/** Unread messages of a unit; with `from`, of one sender (null = Coppice). */
export function waitingFor(state: BoardState, unit: UnitId, from?: UnitId | null): readonly StoredMessage[] {
  return state.messages.filter((each) => each.open.includes(unit) && (from === undefined || each.from === from));
}

export function close(state: BoardState, unit: UnitId, which: (message: StoredMessage) => boolean): BoardState {
  const messages = state.messages.map((message) =>
    message.open.includes(unit) && which(message)
      ? { ...message, open: message.open.filter((each) => each !== unit) }
      : message,
  );
  return withoutOld({ ...state, messages });
}

export function openBytes({ messages }: BoardState): number {
  return messages.reduce((sum, { open, size }) => (open.length > 0 ? sum + size : sum), 0);
}

/** Without the oldest of those that everybody has heard. */
function withoutOld(state: BoardState): BoardState {
  let bytes = 0;
  const messages = state.messages.toReversed().filter(({ open, size }) => {
    if (open.length > 0) return true;
    bytes += size;
    return bytes <= room.heardBytes;
  });
  return { ...state, messages: messages.toReversed() };
}
