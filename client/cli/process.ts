// Shared by the long-running commands: the line that says `ready`, and two signals: the first one drains, the second
// one stops at once.

import { constants } from 'node:os';
import type { Logger } from 'pino';

/** The one line that scripts wait for, on stdout unless that is for something else. */
export function sayReady(
  details: Readonly<Record<string, string>>,
  stream: NodeJS.WritableStream = process.stdout,
): void {
  const words = Object.entries(details).map(([name, value]) => `${name}=${value}`);
  stream.write(`${['ready', ...words].join(' ')}\n`);
}

export function drainOnSignal(drain: () => void, log: Logger): void {
  let asked = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (asked) process.exit(128 + constants.signals[signal]);
      asked = true;
      log.info({ signal }, 'draining: sessions finish their turn; a second signal stops at once');
      drain();
    });
  }
}
