// Maps a failed model call to the catalogue: who must act, and when a retry can help. Temporal does the retries; the
// SDK's own are off.

import { certificateHint, errorText } from '../../../../domain/errors.ts';
import { APIConnectionError, APIError } from '@anthropic-ai/sdk';
import { failure } from '../../../../contracts/failures.ts';

/** Longer pauses that a server asks for are capped to this. */
const longestPauseMs = 60 * 60 * 1000;

export function modelFailure(error: unknown): Error {
  if (!(error instanceof APIError)) {
    return failure('ModelUnavailable', `the model API did not answer: ${messageOf(error)}`, { cause: error });
  }
  const status = error instanceof APIConnectionError ? undefined : (error.status as number | undefined);
  const message = messageOf(error);
  if (status === 401 || status === 402 || status === 403)
    return failure('CredentialRefused', `the model API answered ${status}: ${message}`);
  if (status === undefined || status === 408 || status === 409 || status === 429 || status >= 500) {
    const pause = pauseOf(error.headers as Headers | undefined);
    return failure('ModelUnavailable', `the model API answered ${status ?? 'nothing'}: ${message}`, {
      ...(pause === null ? {} : { nextRetryDelayMs: pause, details: { retryAfterSeconds: pause / 1000 } }),
    });
  }
  if (status === 413 || /prompt is too long|exceeds? the (?:maximum|context)/i.test(message)) {
    return failure('PromptTooLong', `the model API answered ${status}: ${message}`);
  }
  return failure('ModelRequestRejected', `the model API answered ${status}: ${message}`);
}

/** Reads `retry-after`, in seconds or as a date. */
function pauseOf(headers: Headers | undefined): number | null {
  const text = headers?.get('retry-after');
  if (!text) return null;
  const seconds = Number(text);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) && ms > 0 ? Math.min(ms, longestPauseMs) : null;
}

function messageOf(error: unknown): string {
  return (certificateHint(error) ?? errorText(error)).slice(0, 1000);
}
