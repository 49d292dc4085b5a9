// What a session has heard from its run's board, by the keys of the journal's notes: every host knows from the checkpoint
// where to go on.

import type { BoardCursor } from '../../../contracts/messages/board.ts';
import type { Note } from '../../../contracts/documents/journal.ts';
import type { SessionJournal } from './journal.ts';

const form = /^board:([^:]+):(\d+)$/;

export function heardKey({ board, number }: BoardCursor): string {
  return `board:${board}:${number}`;
}

export function isHeard({ key }: Note): boolean {
  return form.test(key);
}

/** The last message that the journal holds; null = none. */
export function lastHeard({ turns, fixed }: Pick<SessionJournal, 'turns' | 'fixed'>): BoardCursor | null {
  for (const notes of [...turns.map((turn) => turn.notes).toReversed(), fixed.notes ?? []]) {
    const [, board, number] = form.exec(notes.findLast(isHeard)?.key ?? '') ?? [];
    if (board !== undefined) return { board, number: Number(number) };
  }
  return null;
}
