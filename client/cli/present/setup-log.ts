// A whole setup log on a terminal.

import type { SetupLog } from '../../watch/read-setup-logs.ts';
import type { TextStream } from './colour.ts';
import { inertLine, inertLines } from './columns.ts';
import { painterFor } from './colour.ts';
import { timeOf } from './amounts.ts';

export function setupLogText({ name, at, text }: SetupLog, stream: TextStream): string {
  const what = name === 'try' ? 'the target, tried' : `setup ${inertLine(name)}, failed`;
  return [painterFor(stream)('bold', `${what} at ${timeOf(at)}`), ...inertLines(text.trimEnd())].join('\n');
}
