// Words an activity's failure for people: the message of the innermost cause, which says what happened to what.

import { errorText } from '../domain/errors.ts';
import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow';

export function describeFailure(error: unknown): string {
  const cause = error instanceof ActivityFailure && error.cause !== undefined ? error.cause : error;
  if (cause instanceof TimeoutFailure) {
    const last = cause.cause instanceof Error ? `: ${cause.cause.message}` : '';
    return `timed out (${cause.timeoutType})${last}`;
  }
  if (cause instanceof ApplicationFailure) return `${cause.type ?? 'failure'}: ${cause.message}`;
  return errorText(cause);
}
