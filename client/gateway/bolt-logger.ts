// Bolt's log lines go where ours go. Only their text: Bolt would add whole payloads.

import { LogLevel } from '@slack/bolt';
import type { Logger as BoltLogger } from '@slack/bolt';
import type { Logger } from 'pino';

export function boltLogger(log: Logger): BoltLogger {
  const write =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (...words: unknown[]) => {
      const text = words
        .map((word) => (word instanceof Error ? word.message : typeof word === 'string' ? word : ''))
        .join(' ');
      log[level === 'info' ? 'debug' : level](`slack: ${text.slice(0, 500)}`);
    };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    setLevel: () => undefined,
    getLevel: () => LogLevel.INFO,
    setName: () => undefined,
  };
}
