// Notes: what is settled between units, by name. Only its author changes a note while the author's unit is at work.

import type { NoteAnswer, NoteWrite } from '../../contracts/messages/board.ts';
import { boardLimits } from '../../contracts/messages/board.ts';
import { type BoardState, room } from './state.ts';
import { cleanText, refuseText } from './text.ts';
import { compareText } from '../text/compare.ts';
import { inertLine } from '../text/inert.ts';
import { noteWriter, refuseWriter } from './writers.ts';

export function writeNote(
  before: BoardState,
  { from: { unit }, ...note }: NoteWrite,
  now: number,
): { readonly state: BoardState; readonly answer: NoteAnswer } {
  const tooMuch = refuseWriter(before, unit, now);
  if (tooMuch !== null) return { state: before, answer: { accepted: false, message: tooMuch } };
  const state = noteWriter(before, unit, now);
  const key = inertLine(note.key, boardLimits.keyCharacters);
  const text = cleanText(note.text);
  const known = state.notes.find((each) => each.key === key);
  const others = state.notes.filter((each) => each !== known);
  const own = others.filter((each) => each.by === unit).length;
  const why =
    key === ''
      ? 'the key is empty'
      : known?.held === true && known.by !== unit
        ? `the note ${key} is by ${known.by}, which is at work: send it a message`
        : text === ''
          ? null
          : (refuseText(text) ?? refuseMore(own, others.length));
  if (why !== null) return { state, answer: { accepted: false, message: why } };
  const written = text === '' ? [] : [{ key, text, by: unit, at: now, held: true }];
  const notes = [...others, ...written].toSorted((a, b) => compareText(a.key, b.key));
  return { state: { ...state, notes }, answer: { accepted: true } };
}

function refuseMore(own: number, all: number): string | null {
  if (own >= room.notesOfOne) return `a unit may write ${room.notesOfOne} notes: change one of yours`;
  return all >= room.notes ? `there are ${room.notes} notes already` : null;
}
