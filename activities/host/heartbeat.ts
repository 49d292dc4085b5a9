// Says that an activity lives, for as long as something takes that says nothing of itself.

import { heartbeat } from '@temporalio/activity';

/** The heartbeat timeout is 30 s. */
const beatMs = 5_000;

export async function withHeartbeat<T>(work: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => heartbeat(), beatMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
