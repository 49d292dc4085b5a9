// A board as people and agents read it.

import type { BoardView } from '../../contracts/messages/board.ts';
import type { RunId } from '../../contracts/ids.ts';
import type { BoardState } from './state.ts';
import { asHeard } from './inbox.ts';

export function viewBoard(run: RunId, { next, messages, notes, claims }: BoardState): BoardView {
  return {
    run,
    messages: messages.map((message) => ({ ...asHeard(message), open: message.open })),
    total: next - 1,
    notes: notes.map(({ key, text, by, at }) => ({ key, text, by, at: new Date(at).toISOString() })),
    claims,
  };
}
