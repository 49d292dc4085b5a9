// What a session hears from its board, in the requests of Claude Code, which does not know of it: each time at the same
// place, the end of the message that the model answered next. The journal says what and where, so a later request, and
// one on another host, has it again; what the program has summed up goes with the message that it stood in.

import type { Block, Note, Turn } from '../../../../contracts/documents/journal.ts';
import type { SessionJournal } from '../../conversation/journal.ts';
import { isHeard } from '../../conversation/heard.ts';
import { textOfAnswer, toolCalls } from '../../../../contracts/documents/journal.ts';

interface Message {
  readonly role: string;
  readonly content: string | readonly unknown[];
}

/** Notes that the program is told by itself, as messages. */
export function notesForProgram(notes: readonly Note[]): Note[] {
  return notes.filter((note) => !isHeard(note));
}

export function withHeard<Sent extends Message>(
  messages: readonly Sent[],
  { turns, fixed }: Pick<SessionJournal, 'turns' | 'fixed'>,
): Sent[] {
  const added = new Map<number, Block[]>();
  for (const [turn, notes] of [fixed.notes ?? [], ...turns.map((each) => each.notes)].entries()) {
    const heard = notes.filter(isHeard);
    const place = heard.length === 0 ? -1 : placeAfter(messages, turns, turn);
    if (place === -1) continue;
    added.set(place, [...(added.get(place) ?? []), ...heard.map(({ text }) => ({ type: 'text', text }))]);
  }
  return messages.map((message, at) => {
    const blocks = added.get(at);
    return blocks === undefined ? message : { ...message, content: [...blocksOf(message), ...blocks] };
  });
}

/** Where what was heard after this turn was sent first; -1 = the program no longer has that message. */
function placeAfter(messages: readonly Message[], turns: readonly Turn[], turn: number): number {
  const isUser = ({ role }: Message): boolean => role === 'user';
  if (turn === turns.length) return messages.findLastIndex(isUser);
  const next = messages.findLastIndex((message) => isAnswer(message, turns[turn]));
  if (next !== -1) return messages.slice(0, next).findLastIndex(isUser);
  const own = messages.findLastIndex((message) => isAnswer(message, turns[turn - 1]));
  return own === -1 ? -1 : messages.findIndex((message, at) => at > own && isUser(message));
}

/** By its calls, whose ids are unique; an answer without calls by its words. */
function isAnswer(message: Message, turn: Turn | undefined): boolean {
  if (turn === undefined || message.role !== 'assistant') return false;
  const blocks = blocksOf(message) as Block[];
  const [call] = toolCalls(turn.answer);
  if (call !== undefined) return blocks.some(({ id }) => id === call.id);
  const words = textOfAnswer(turn.answer);
  return words !== '' && textOfAnswer(blocks) === words;
}

function blocksOf({ content }: Message): readonly unknown[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content;
}
