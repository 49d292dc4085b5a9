// Plays the model for the demo's plan. Every decision depends only on the conversation so far, so that if a host dies,
// the session continues in the same way on another one.

import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Answer } from '../../test/fakes/model-answer.ts';
import type { ModelRequest } from '../../test/fakes/model-server.ts';
import type { Script } from './scripts.ts';
import type { Turn } from './actions.ts';
import { scripts } from './scripts.ts';

/** How long a turn "thinks", in milliseconds. */
const thinking = 500;

export function reply({ user, messages }: ModelRequest): Answer {
  const unit = user.split('/').at(-1) ?? '';
  if (unit === 'plan') return planning(messages);
  const script = scripts[unit];
  if (script === undefined) return { text: `I have no script for ${unit}.` };
  const phase = lastInstruction(messages);
  const tools = turnsFor(script, phase.text)[answersSince(messages, phase.index)];
  return tools === undefined ? { text: 'Done.', delayMs: thinking } : { tools, delayMs: thinking };
}

/** Looks around, then hands in the plan of the demo. */
function planning(messages: Messages): Answer {
  const looks: Answer['tools'][] = [
    [{ name: 'bash', input: { command: 'git log --oneline | head; ls . src test; cat README.md' } }],
    [{ name: 'bash', input: { command: 'cat src/index.ts src/units.ts src/limits/*.ts coppice.yaml' } }],
  ];
  const plan: unknown = parse(readFileSync(new URL('plan.yaml', import.meta.url), 'utf8'));
  const why =
    'Weeks come first, because both directions of ISO 8601 use the lengths of units. Everything else is independent; the two exports meet in src/index.ts, in a place that is marked for it.';
  const submit: Answer['tools'] = [
    { name: 'submit_plan', input: { plan, why, looked_at: ['src/', 'test/', 'README.md'] } },
  ];
  const tools = [...looks, submit][answersSince(messages, 0)];
  return tools === undefined ? { text: 'That is the plan.' } : { tools, delayMs: thinking };
}

function turnsFor(script: Script, instruction: string): readonly Turn[] {
  if (instruction.includes('in conflict with')) return script.resolve ?? [];
  return instruction.includes('does not pass') || instruction.includes('fails') ? (script.fix ?? []) : script.work;
}

type Messages = ModelRequest['messages'];

/** The newest message with an instruction; the rest are tool results. */
function lastInstruction(messages: Messages): { text: string; index: number } {
  const index = messages.findLastIndex((message, i) => i === 0 || (message.role === 'user' && textOf(message) !== ''));
  const message = messages[index];
  // The first message carries the unit's prompt, whatever it says.
  return { index, text: index === 0 || message === undefined ? '' : textOf(message) };
}

/** Turns since then; a turn whose tool was interrupted does not count, so that it is repeated. */
function answersSince(messages: Messages, index: number): number {
  const later = messages.slice(index + 1);
  const interrupted = later.filter((message) => JSON.stringify(message).includes('interrupted, outcome unknown'));
  return later.filter(({ role }) => role === 'assistant').length - interrupted.length;
}

function textOf({ content }: Messages[number]): string {
  if (typeof content === 'string') return content;
  return content.flatMap((block) => (block.type === 'text' ? [String(block['text'])] : [])).join('\n');
}
