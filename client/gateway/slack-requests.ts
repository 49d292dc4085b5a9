// Slack over HTTP: signed requests on `/slack/events`. Answers 2xx to what Slack sends and we know or need not know, 4xx to
// what Slack would not send, and 5xx to a click that is not recorded.

import { isValidSlackRequest } from '@slack/bolt';
import type { Logger } from 'pino';
import type { ClickHandler } from '../../people/slack/clicks/click-handler.ts';
import type { Route } from './http-server.ts';
import { answer, readBody, refusalOf, refuse } from './request-guard.ts';
import { readPayload } from '../../people/slack/clicks/read-payload.ts';

export interface RequestParts {
  readonly signingSecret: string;
  readonly handle: ClickHandler;
  readonly log: Logger;
  /** The clock, in milliseconds. */
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
