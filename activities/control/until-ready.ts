// Updates of workflows that continue as new: for a moment they take nothing, and then their next execution does.

import { setTimeout as sleep } from 'node:timers/promises';
import { isGrpcServiceError } from '@temporalio/client';

const mostTries = 40;
const pauseMs = 100;
/** gRPC: failed precondition, aborted. */
const notReady: ReadonlySet<number> = new Set([9, 10]);

/** The call must be safe to repeat: give the update an id. */
export async function untilReady<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  for (let tries = 1; ; tries++) {
    try {
      return await call();
    } catch (error) {
      const code = grpcCode(error);
      if (tries === mostTries || code === null || !notReady.has(code)) throw error;
      await sleep(pauseMs);
    }
  }
}

/** Most of the client's calls wrap the error of the connection, some do not. */
function grpcCode(error: unknown): number | null {
  for (let at = error; at instanceof Error; at = at.cause) if (isGrpcServiceError(at)) return at.code;
  return null;
}
