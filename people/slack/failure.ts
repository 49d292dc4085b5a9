// Turns an error of a call to Slack into a failure of the catalogue: one that a retry may fix, or one that a person must.

import { webApi } from '@slack/bolt';
import { certificateHint, codeOf, errorText } from '../../domain/errors.ts';
import { failure, hintFor } from '../../contracts/failures.ts';

/** Slack's error codes for which a retry is useless. */
const lasting = new Set([
  'access_denied',
  'account_inactive',
  'cant_update_message',
  'channel_not_found',
  'edit_window_closed',
  'ekm_access_denied',
  'enterprise_is_restricted',
  'invalid_auth',
  'invalid_blocks',
  'invalid_blocks_format',
  'is_archived',
  'is_inactive',
  'message_not_found',
  'messages_tab_disabled',
  'missing_scope',
  'msg_too_long',
  'no_permission',
  'not_allowed_token_type',
  'not_authed',
  'not_in_channel',
  'org_login_required',
  'restricted_action',
  'team_access_not_granted',
  'token_expired',
  'token_revoked',
  'user_not_found',
  'user_not_in_channel',
]);

/** The longest wait, even if Slack asks for more: a card that comes an hour late is of no use. */
const longestPauseMs = 10 * 60 * 1000;

export function slackFailure(error: unknown): Error {
  const message = errorText(error);
  if (isRateLimit(error)) {
    const pause = pauseOf(error);
    const options = pause === null ? {} : { nextRetryDelayMs: pause };
    return failure('SlackUnavailable', `Slack asks to wait: ${message}`, options);
  }
  const said = answerOf(error);
  if (said !== null && lasting.has(said)) return failure('SlackRefused', `Slack refused the message: ${said}`);
  return failure('SlackUnavailable', `Slack did not take the message: ${said ?? certificateHint(error) ?? message}`);
}

/** What no change of the channel or the app makes right. */
const aboutMessage = new Set(['invalid_blocks', 'invalid_blocks_format', 'msg_too_long']);

/** Tried again for whoever invites the app or corrects its token, and seldom. */
const correctionPauseMs = 10 * 60 * 1000;

/** Of a card that has to come: what people can correct is tried again for as long as its approval is open. */
export function cardFailure(error: unknown): Error {
  const said = answerOf(error);
  if (said === null || !lasting.has(said) || aboutMessage.has(said)) return slackFailure(error);
  return failure('SlackUnavailable', `Slack refused the card, which is tried again every ten minutes: ${said}`, {
    nextRetryDelayMs: correctionPauseMs,
    hint: hintFor('SlackRefused'),
  });
}

/** How long Slack asks everybody to wait; null = it does not say. */
export function pauseOf(error: unknown): number | null {
  const seconds = isRateLimit(error) && error instanceof Error && 'retryAfter' in error ? Number(error.retryAfter) : 0;
  return seconds > 0 ? Math.min(seconds * 1000, longestPauseMs) : null;
}

function isRateLimit(error: unknown): boolean {
  return codeOf(error) === webApi.ErrorCode.RateLimitedError;
}

/** Slack's error codes that say nothing about the message. */
const away = new Set(['fatal_error', 'internal_error', 'ratelimited', 'request_timeout', 'service_unavailable']);

/** Slack is away, or wants to be left alone: any other message would meet the same. */
export function isOutage(error: unknown): boolean {
  const said = answerOf(error);
  return said === null ? unanswered.has(codeOf(error)) : away.has(said);
}

/** Slack has answered that it did not do it, and has not done it before. Otherwise nobody knows. */
export function isRefusal(error: unknown): boolean {
  const said = answerOf(error);
  return isRateLimit(error) || said === 'ratelimited' || (said !== null && !away.has(said) && said !== doneBefore);
}

/** A window was opened for this click: Slack has delivered it twice. */
const doneBefore = 'exchanged_trigger_id';

const { RateLimitedError, RequestError, HTTPError } = webApi.ErrorCode;
const unanswered: ReadonlySet<unknown> = new Set([RateLimitedError, RequestError, HTTPError]);

/** Slack's error code; null if Slack did not answer. */
export function answerOf(error: unknown): string | null {
  if (!(error instanceof Error) || !('data' in error)) return null;
  const { data } = error;
  return typeof data === 'object' && data !== null && 'error' in data && typeof data.error === 'string'
    ? data.error
    : null;
}
