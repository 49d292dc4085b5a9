// The same as plain text. Foreign text stands behind bars, line by line, so that it cannot pass for a line of ours.

import type { Part } from '../../describe-approval.ts';
import { inertLine, inertLines } from '../../../domain/text/inert.ts';

type Form = Extract<Part, { kind: 'quoted' }>['form'];

/** Takes no room, and keeps mail programs from making a link of what looks like one. */
const gap = '\u200b';

export function foreignLine(text: string): string {
  return withoutLinks(inertLine(text));
}

export function drawText(parts: readonly Part[]): string {
  return parts.map(drawPart).join('\n\n');
}

function drawPart(part: Part): string {
  switch (part.kind) {
    case 'facts':
      return part.rows.map(([name, value]) => `${name}: ${foreignLine(value)}`).join('\n');
    case 'quoted':
      return [`${part.name}:`, ...quotedLines(part.lines, part.form)].join('\n');
    case 'said':
      return part.text.split('\n').map(foreignLine).join('\n');
  }
}

export function quotedLines(lines: readonly string[], form: Form = 'prose'): string[] {
  return inertLinesOf(lines, form).map((line) => `| ${withoutLinks(line)}`);
}

/** Each of a list is one line, whatever it holds; those of a command are inert already. */
export function inertLinesOf(lines: readonly string[], form: Form): readonly string[] {
  if (form === 'command') return lines;
  return form === 'list' ? lines.map((line) => inertLine(line)) : lines.flatMap(inertLines);
}

function withoutLinks(line: string): string {
  return line.replace(/:(?=\/\/)|@|www(?=\.)/gi, `$&${gap}`);
}
