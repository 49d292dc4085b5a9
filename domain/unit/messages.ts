// Messages from people to a unit's agent, until a slice delivers them.

import { hasEnded } from './state.ts';
import type { UnitLife } from './state.ts';
import type { PersonMessage } from '../../contracts/activities/agent.ts';

/** Most messages that may wait for the unit's agent. */
const mostMessages = 20;

/** Why the unit's agent would not hear a message now; null = it will. */
export function refuseMessage({ state, words }: UnitLife): string | null {
  if (state.status === 'queued') return 'its work is done, and in the merge queue';
  if (state.status === 'asking' && state.ask.kind === 'merge') return 'its work is done, and waits for an approval';
  if (state.status === 'asking' && state.ask.kind === 'plan')
    return 'its plan waits for a decision; to send it back with what should change: coppice answer';
  if (hasEnded(state)) return `it is ${state.status}`;
  return words.length < mostMessages ? null : `${mostMessages} messages wait for its agent already`;
}

/** Adds each id once. */
export function addMessage(life: UnitLife, word: PersonMessage): UnitLife {
  const known = life.state.status === 'working' ? [...life.state.words, ...life.words] : life.words;
  return known.some(({ id }) => id === word.id) ? life : { ...life, words: [...life.words, word] };
}
