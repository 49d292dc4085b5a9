// Whether a verdict counts at once, or is repeated first: `queue.retries` tells a flaky command from a red one.

import type { Verdict } from '../../contracts/activities/verification.ts';

export type NotGreen = Exclude<Verdict, { status: 'green' }>;

/** `attempts`: how often it was verified so far. */
export function mayRepeat({ status }: NotGreen, attempts: number, retries: number): boolean {
  switch (status) {
    case 'red':
    case 'timed-out':
    case 'overdue':
      return attempts <= retries;
    // Hosts have tried it often enough, or need people's consent.
    case 'failed':
    case 'not-verified':
      return false;
  }
}

/** Names of the commands that failed. */
export function failedCommands({ command, failed }: NotGreen): readonly string[] {
  return failed ?? [command];
}
