// Heartbeats for an activity during work that sends none itself.

import { heartbeat } from '@temporalio/activity';

/** The heartbeat timeout is 30 s, and a cancel arrives with a heartbeat. */
const beatMs = 3_000;

/** `details` are read at every beat, for `status` and for the next attempt. */
export async function withHeartbeat<T>(work: () => Promise<T>, details?: () => unknown): Promise<T> {
  const timer = setInterval(() => heartbeat(details?.()), beatMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
