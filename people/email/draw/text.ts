// The same as plain text. Foreign text stands behind bars, line by line, so that it cannot pass for a line of ours.

import type { Part } from '../../describe-approval.ts';
import { inertLine, inertLines } from '../../../domain/text/inert.ts';

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
      return [`${part.name}:`, ...quotedLines(part.lines, part.form === 'list')].join('\n');
    case 'said':
      return part.text.split('\n').map(foreignLine).join('\n');
  }
}

/** If `asItems`, each is one line, whatever it holds. */
export function quotedLines(lines: readonly string[], asItems = false): string[] {
  const whole = asItems ? lines.map((line) => inertLine(line)) : lines.flatMap(inertLines);
  return whole.map((line) => `| ${withoutLinks(line)}`);
}

function withoutLinks(line: string): string {
  return line.replace(/:(?=\/\/)|@|www(?=\.)/gi, `$&${gap}`);
}
