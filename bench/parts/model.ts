// The scripted model of benches: answers at once, decides from the conversation alone.

import type { ReplyFunction } from '../../test/fakes/model-server.ts';

/** One bash command, then the end of the turn; `command` is made from the unit's id. */
export function oneCommand(command: (unit: string) => string): ReplyFunction {
  return ({ user, turn }) => {
    if (turn > 0) return { text: 'Done.' };
    const unit = user.split('/').at(-1) ?? '';
    return { tools: [{ name: 'bash', input: { command: command(unit) } }] };
  };
}
