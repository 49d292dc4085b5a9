// Sends the log lines of Slack's libraries to our log: only their text, and no debug lines, because those contain whole
// payloads.

import { LogLevel } from '@slack/bolt';
import type { Logger as SlackLogger } from '@slack/bolt';
import type { Logger } from 'pino';

export function slackLogger(log: Logger): SlackLogger {
  const write =
    (level: 'debug' | 'warn') =>
    (...words: unknown[]) => {
      const text = words
        .map((word) => (word instanceof Error ? word.message : typeof word === 'string' ? word : ''))
        .join(' ');
      log[level](`slack: ${text.slice(0, 500)}`);
    };
  return {
    debug: () => undefined,
    info: write('debug'),
    warn: write('warn'),
    // Their errors are outages of Slack; the consequences for us are logged where they are handled.
    error: write('warn'),
    setLevel: () => undefined,
    getLevel: () => LogLevel.INFO,
    setName: () => undefined,
  };
}
