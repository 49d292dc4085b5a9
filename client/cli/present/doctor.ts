// `coppice doctor` for people: a line for each check, and below it what to do. Lines fold between words and are never
// cut, because the end might hold the thing to do.

import type { Check } from '../../../domain/doctor/finding.ts';
import type { Style, TextStream } from './colour.ts';
import { columnsOf, inertLine, inertLines, pad } from './columns.ts';
import { count } from './amounts.ts';
import { painterFor, widthOf } from './colour.ts';

const looks: Record<Check['status'], { readonly sign: string; readonly style: Style }> = {
  ok: { sign: '✓', style: 'green' },
  warn: { sign: '!', style: 'yellow' },
  fail: { sign: '✗', style: 'red' },
};

export function doctorText(checks: readonly Check[], stream: TextStream): string {
  const paint = painterFor(stream);
  const names = Math.max(...checks.map(({ name }) => name.length));
  const width = widthOf(stream);
  // Beside the names if there is room, else below them.
  const beside = width >= names + 40;
  const indent = ' '.repeat(beside ? names + 4 : 4);
  const lines = checks.flatMap(({ name, status, detail, hint }) => {
    const { sign, style } = looks[status];
    const room = width - indent.length;
    // Output of the target's commands keeps its lines; every other detail becomes one line.
    const [first = '', ...printed] = name === 'target' ? inertLines(detail.trimEnd()) : [detail];
    const found = [...foldWords(first, room), ...printed];
    const todo = foldWords(hint, room - 2).map((line, i) => `${i === 0 ? '→' : ' '} ${line}`);
    const head = `${paint(style, sign)} ${paint('bold', beside ? pad(name, names) : name)}`;
    return beside
      ? [`${head}  ${found[0] ?? ''}`.trimEnd(), ...[...found.slice(1), ...todo].map((line) => indent + line)]
      : [head, ...[...found, ...todo].map((line) => indent + line)];
  });
  return [...lines, '', paint('bold', summary(checks))].join('\n');
}

function summary(checks: readonly Check[]): string {
  const named = (status: Check['status']): string[] =>
    checks.filter((check) => check.status === status).map(({ name }) => name);
  const [failing, warning] = [named('fail'), named('warn')];
  if (failing.length > 0) return `not ready: ${failing.join(', ')}`;
  return warning.length > 0 ? `ready, with ${count(warning.length, 'warning')}` : 'ready';
}

/** Lines of at most `width` columns, broken between words. A longer word stays whole: it may be a path or a command. */
function foldWords(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of inertLine(text).split(' ').filter(Boolean)) {
    const last = lines.at(-1);
    if (last !== undefined && columnsOf(`${last} ${word}`) <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
