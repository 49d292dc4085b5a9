// A host's default capacity: agent sessions by memory, verifications by cores.

import { availableParallelism, totalmem } from 'node:os';

/** Bytes that one agent session's commands may need at once; the session itself needs a few megabytes. */
const memoryPerSession = 1024 ** 3;

export function defaultSlots(): number {
  return Math.max(1, Math.min(16, Math.floor(totalmem() / memoryPerSession)));
}

export function defaultVerifySlots(): number {
  return Math.max(1, Math.min(4, availableParallelism()));
}
