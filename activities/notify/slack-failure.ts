// What went wrong with a call to Slack, in terms of the catalogue: later, or never without somebody's hand.

import { webApi } from '@slack/bolt';
import { codeOf } from '../../domain/error-code.ts';
import { failure } from '../../domain/failures.ts';

/** Answers of Slack that trying again does not change. */
const lasting = new Set([
  'account_inactive',
  'channel_not_found',
  'invalid_auth',
  'is_archived',
  'missing_scope',
  'not_authed',
  'not_in_channel',
  'token_revoked',
  'user_not_in_channel',
]);

export function slackFailure(error: unknown): Error {
  const message = error instanceof Error ? error.message : String(error);
  const code = codeOf(error);
  if (code === webApi.ErrorCode.RateLimitedError) {
    const seconds = error instanceof Error && 'retryAfter' in error ? Number(error.retryAfter) : 0;
    const pause = seconds > 0 ? { nextRetryDelayMs: seconds * 1000 } : {};
    return failure('SlackUnavailable', `Slack asks to wait: ${message}`, pause);
  }
  const said = answerOf(error);
  if (said !== null && lasting.has(said)) return failure('SlackRefused', `Slack refused the message: ${said}`);
  return failure('SlackUnavailable', `Slack did not take the message: ${said ?? message}`);
}

/** The code that Slack answered with; null when it did not answer. */
export function answerOf(error: unknown): string | null {
  if (!(error instanceof Error) || !('data' in error)) return null;
  const { data } = error;
  return typeof data === 'object' && data !== null && 'error' in data && typeof data.error === 'string'
    ? data.error
    : null;
}
