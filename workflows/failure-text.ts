// What an activity's failure says to people: the message of the innermost cause, which names what happened to what.

import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow';

export function describeFailure(error: unknown): string {
  const cause = error instanceof ActivityFailure && error.cause !== undefined ? error.cause : error;
  if (cause instanceof TimeoutFailure) return `timed out (${cause.timeoutType})`;
  if (cause instanceof ApplicationFailure) return `${cause.type ?? 'failure'}: ${cause.message}`;
  return cause instanceof Error ? cause.message : String(cause);
}
