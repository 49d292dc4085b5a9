// Says that an activity lives, for as long as something takes that says nothing of itself.

import { heartbeat } from '@temporalio/activity';

/** The heartbeat timeout is 30 s, and a cancel travels by heartbeat. */
const beatMs = 3_000;

/** `details` are read at every beat: what `status` shows, and what the next attempt learns. */
export async function withHeartbeat<T>(work: () => Promise<T>, details?: () => unknown): Promise<T> {
  const timer = setInterval(() => heartbeat(details?.()), beatMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
