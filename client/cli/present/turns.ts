// One turn of an agent for people: what it was told, what it said, and each tool call with the head and the tail of its
// output. All of it is text from models and programs, so every line is made inert.

import type { LoggedTool, LoggedTurn } from '../../watch/read-turns.ts';
import type { Paint, TextStream } from './colour.ts';
import { count, timeOf } from './amounts.ts';
import { fit, inertLine, inertLines } from './columns.ts';
import { painterFor } from './colour.ts';

/** Lines shown of a longer output: more of its end, because that says more. */
const [headShown, tailShown] = [5, 15];
/** Columns shown of a tool's input other than a command. */
const inputShown = 200;

export function turnText(turn: LoggedTurn, stream: TextStream): string {
  const paint = painterFor(stream);
  const { unit, at, host, told, text, tools, review } = turn;
  const who = review === undefined ? unit : `${unit} review ${review}`;
  const lines = [
    `${paint('bold', inertLine(`${who} turn ${turn.turn}`))}  ${paint('dim', inertLine(`${timeOf(at)}  ${host}`))}`,
    ...told.flatMap((words) => excerpt(words).map((line) => paint('yellow', `> ${line}`.trimEnd()))),
    ...(text.trim() === '' ? [] : inertLines(text.trim())),
    ...tools.flatMap((tool) => toolLines(tool, paint)),
  ];
  return lines.join('\n');
}

function toolLines({ name, input, output }: LoggedTool, paint: Paint): string[] {
  const [first = '', ...rest] = callLines(name, input);
  return [
    `  ${paint('cyan', first)}`,
    ...rest.map((line) => `    ${paint('cyan', line)}`.trimEnd()),
    ...(output === null ? [paint('dim', '    (no result)')] : excerpt(output).map((line) => `    ${line}`.trimEnd())),
  ];
}

function callLines(name: string, input: unknown): string[] {
  const command = commandOf(input);
  if (name.toLowerCase() === 'bash' && command !== null) return excerpt(`$ ${command}`);
  return [fit(inertLine(`${name} ${JSON.stringify(input) ?? ''}`), inputShown)];
}

function commandOf(input: unknown): string | null {
  if (typeof input !== 'object' || input === null || !('command' in input)) return null;
  return typeof input.command === 'string' ? input.command : null;
}

function excerpt(text: string): string[] {
  const lines = inertLines(text.trimEnd());
  const more = lines.length - headShown - tailShown;
  // A line that says "1 more line" saves nothing.
  if (more <= 1) return lines;
  return [...lines.slice(0, headShown), `… ${count(more, 'more line')}`, ...lines.slice(-tailShown)];
}
