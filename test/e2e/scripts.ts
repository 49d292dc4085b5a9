// What the scripted model says in end-to-end tests. It depends only on the conversation, so that a session that moves
// to another process continues the same way.

import type { Answer } from '../fakes/model-answer.ts';
import type { ModelRequest, Reply } from '../fakes/model-server.ts';

/** Bash commands, one a turn, then the end of the turn. */
export function steps(...commands: readonly string[]): (request: ModelRequest) => Answer {
  return ({ turn }) => {
    const command = commands[turn];
    return command === undefined ? { text: 'Done.' } : { tools: [{ name: 'bash', input: { command } }] };
  };
}

/** A script for each unit; the unit is the last part of the session's name. */
export function byUnit(scripts: Readonly<Record<string, (request: ModelRequest) => Reply | Promise<Reply>>>) {
  return (request: ModelRequest): Reply | Promise<Reply> => {
    const unit = request.user.split('/').at(-1) ?? '';
    const script = scripts[unit];
    return script === undefined ? steps(`echo ${unit} > ${unit}.txt`)(request) : script(request);
  };
}

/** All that the user has said in text, results of tools left out. */
export function said({ messages }: ModelRequest): string {
  return messages
    .filter(({ role }) => role === 'user')
    .flatMap(({ content }) =>
      typeof content === 'string' ? [content] : content.map(({ text }) => (typeof text === 'string' ? text : '')),
    )
    .join('\n');
}
