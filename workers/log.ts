// The log of a long-running process: JSON lines on stderr, without the process's secrets, and harmless to a terminal.

import { readFileSync } from 'node:fs';
import { destination, pino } from 'pino';
import type { Logger } from 'pino';
import { escapeControlsOfJson } from '../domain/text/inert.ts';
import { redactor, secretsOf } from '../activities/sandbox/secrets.ts';

export function makeLog(name: string): Logger {
  const { env } = process;
  const redact = redactor(secretsOf(env, (path) => readFileSync(path, 'utf8')));
  const lines = destination(2);
  return pino(
    { name, level: env['COPPICE_LOG_LEVEL'] ?? 'info' },
    { write: (line) => void lines.write(escapeControlsOfJson(redact(line))) },
  );
}
