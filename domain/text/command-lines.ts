// What people are asked to allow, line by line, so that what they read is what would run: nothing is removed or cut. Characters
// that do not show are written out, and long lines go on in further lines that a command cannot imitate. Pure.

import { unseenInCommand } from './unsafe.ts';

/** Before what belongs to the line above. */
const goesOn = '↪ ';
/** Slack, mails and terminals show lines of this length whole. */
const longestLine = 500;

/** Whole, but for the characters themselves: `\u001b`. Tabs and line breaks stay. */
export function shownCommand(text: string): string {
  return text.replace(new RegExp(unseenInCommand, 'gu'), writtenOut);
}

function writtenOut(sign: string): string {
  const code = (sign.codePointAt(0) ?? 0).toString(16);
  return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`;
}

/** The whole command. Only `\n` ends a line, as in a shell. */
export function commandLines(text: string): string[] {
  return text.split('\n').flatMap((line) => wrapped(shownCommand(line)));
}

/** Inert text as lines of at most `longestLine`, none of which begins like the rest of another unless it is. */
export function wrapped(line: string): string[] {
  const own = line.replace(/^↪/, writtenOut);
  const pieces = [''];
  // Neither characters nor what is written out is torn apart.
  for (const unit of own.match(/\\u(?:\{[0-9a-f]{5,6}\}|[0-9a-f]{4})|[^]/gu) ?? []) {
    if ((pieces.at(-1) ?? '').length + unit.length > longestLine) pieces.push(goesOn);
    pieces.push(`${pieces.pop() ?? ''}${unit}`);
  }
  return pieces;
}
