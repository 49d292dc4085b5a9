// A message of one agent to others: whether it is taken, and who gets it.

import type { BoardPost, PostAnswer } from '../../contracts/messages/board.ts';
import type { UnitId } from '../../contracts/ids.ts';
import { type BoardState, type Exchange, pace, room } from './state.ts';
import { addMessage, openBytes, waitingFor } from './inbox.ts';
import { andMore } from '../text/shown-paths.ts';
import { claimants } from './claims.ts';
import { exchangeOf, withExchanges, withMessage } from './exchanges.ts';
import { noteWriter, refuseWriter } from './writers.ts';
import { cleanText, refuseText } from './text.ts';

interface Step<Answer> {
  readonly state: BoardState;
  readonly answer: Answer;
}

/** A refused message counts too, so that an agent cannot try for ever. */
export function post(before: BoardState, message: BoardPost, now: number): Step<PostAnswer> {
  const { from, path } = message;
  const tooMuch = refuseWriter(before, from.unit, now);
  if (tooMuch !== null) return { state: before, answer: refused(tooMuch) };
  const state = noteWriter(before, from.unit, now);
  const text = cleanText(message.text);
  const unfit = text === '' ? 'the text is empty' : refuseText(text);
  if (unfit !== null) return { state, answer: refused(unfit) };
  const all = recipientsOf(state, message);
  if (all.length === 0) return { state, answer: refused(nobody) };
  if (openBytes(state) >= room.openBytes) return { state, answer: refused(full) };
  const { to, exchanges, notes } = admit(state, message, all.slice(0, room.recipients));
  if (all.length > room.recipients) notes.push(`${all.length - room.recipients} more share the path: write a note`);
  if (to.length === 0) return { state, answer: refused(notes.join('; ')) };
  const stored = { at: now, from: from.unit, to, text, ...(path === undefined ? {} : { path }) };
  const next = addMessage(withExchanges(state, exchanges), stored);
  return { state: next, answer: { accepted: true, number: state.next, to, notes } };
}

function recipientsOf(state: BoardState, { from, to, path }: BoardPost): UnitId[] {
  const named = [...to, ...(path === undefined ? [] : claimants(state, [path]))];
  return [...new Set(named)].filter((unit) => unit !== from.unit);
}

function admit(state: BoardState, { from }: BoardPost, all: readonly UnitId[]) {
  const exchanges: Exchange[] = [];
  const to: UnitId[] = [];
  const unheard: UnitId[] = [];
  const crowded: UnitId[] = [];
  const circling: UnitId[] = [];
  for (const unit of all) {
    const exchange = withMessage(exchangeOf(state, from.unit, unit), from, unit);
    if (exchange === null) circling.push(unit);
    else if (waitingFor(state, unit, from.unit).length >= room.inboxFromOne) unheard.push(unit);
    else if (waitingFor(state, unit).length >= room.inbox) crowded.push(unit);
    else {
      exchanges.push(exchange);
      to.push(unit);
    }
  }
  const notes = [
    ...(unheard.length === 0 ? [] : [`${andMore(unheard, 5)}: has not read your earlier messages yet`]),
    ...(crowded.length === 0 ? [] : [`${andMore(crowded, 5)}: has too many messages to read already`]),
    ...(circling.length === 0 ? [] : [`${andMore(circling, 5)}: ${circles}`]),
  ];
  return { to, exchanges, notes };
}

const nobody = 'no other unit at work is known to share that path: write a note, or name a unit';
const full = 'the board is full of messages that nobody has read yet';
const circles = `you have answered each other ${pace.turns} times, and neither of you has changed a file: work with what you know, or decide yourself`;

export function refused(message: string): { readonly accepted: false; readonly message: string } {
  return { accepted: false, message };
}
