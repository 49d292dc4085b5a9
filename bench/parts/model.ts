// The scripted model of benches: answers at once, from the conversation alone.

import type { ReplyFunction } from '../../test/fakes/model-server.ts';

/** One bash command, then the end of the turn. `command` gets the unit's id. */
export function oneCommand(command: (unit: string) => string): ReplyFunction {
  return ({ user, messages }) => {
    // A retried slice is told that the command was interrupted, so it runs it again.
    const last = JSON.stringify(messages.at(-1));
    if (messages.length > 1 && !last.includes('interrupted, outcome unknown')) return { text: 'Done.' };
    const unit = user.split('/').at(-1) ?? '';
    return { tools: [{ name: 'bash', input: { command: command(unit) } }] };
  };
}
