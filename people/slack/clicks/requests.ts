// Slack over HTTP: signed requests. Answers 2xx to messages that we handle or may ignore, 4xx to requests that Slack
// would not send, and 5xx to a click that was not recorded. Unsigned, stale, future-dated and oversized requests are
// refused before they are read.

import { isValidSlackRequest } from '@slack/bolt';
import type { IncomingMessage } from 'node:http';
import type { Logger } from 'pino';
import type { ClickHandler } from './click-handler.ts';
import { type Route, answer, bodyLimitBytes, readBody, refuse } from '../../http.ts';
import { readPayload } from './read-payload.ts';

const oldestSeconds = 5 * 60;
const newestSeconds = 60;

export interface RequestParts {
  readonly signingSecret: string;
  readonly handle: ClickHandler;
  readonly log: Logger;
}

export function slackRequests({ signingSecret, handle, log }: RequestParts): Route {
  return async (request, response) => {
    const early = refusalOf(request.headers, Date.now());
    if (early !== null) return refuse(request, response, early);
    const text = await readBody(request).catch(() => undefined);
    if (text === undefined) return log.debug('a request was cut off');
    if (text === null) return refuse(request, response, 413);
    const headers = {
      'x-slack-signature': String(request.headers['x-slack-signature']),
      'x-slack-request-timestamp': Number(request.headers['x-slack-request-timestamp']),
    };
    if (!isValidSlackRequest({ signingSecret, body: text, headers, nowMilliseconds: Date.now() })) {
      log.warn('a request whose signature is wrong was refused');
      return answer(response, 401);
    }
    const payload = readPayload(text, request.headers['content-type']);
    if (payload.kind === 'malformed') {
      log.warn('a signed request that is no message of Slack was refused');
      return answer(response, 400);
    }
    if (payload.kind === 'challenge') {
      return answer(response, 200, JSON.stringify({ challenge: payload.challenge }), 'application/json');
    }
    await handle(payload.body, () => Promise.resolve(answer(response, 200)));
  };
}

/** The status to refuse a request with before its body is read; null = let it pass. */
function refusalOf(headers: IncomingMessage['headers'], nowMs: number): 401 | 413 | null {
  if (Number(headers['content-length'] ?? 0) > bodyLimitBytes) return 413;
  const timestamp = Number(headers['x-slack-request-timestamp'] ?? Number.NaN);
  if (!Number.isInteger(timestamp) || typeof headers['x-slack-signature'] !== 'string') return 401;
  const age = nowMs / 1000 - timestamp;
  return age > oldestSeconds || age < -newestSeconds ? 401 : null;
}
