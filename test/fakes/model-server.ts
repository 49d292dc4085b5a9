// A model on loopback that speaks the Messages API's wire format: a script supplies the words, everything else is real.
// Used by tests and by the demo. It checks what the real API would check, and misbehaves on demand.

import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { explainBadRequest } from './model-request.ts';
import type { ModelRequest } from './model-request.ts';
import type { Answer } from './model-answer.ts';
import { streamAnswer } from './model-stream.ts';

export type { ModelRequest } from './model-request.ts';

export type Reply =
  | Answer
  | { readonly error: ModelError }
  /** Headers, then silence for ever. */
  | { readonly hang: 'after-headers' }
  /** Headers, then an `error` event in the stream. */
  | { readonly errorEvent: Pick<ModelError, 'type' | 'message'> };

export interface ModelError {
  readonly status: number;
  readonly type: string;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ModelServer {
  readonly url: string;
  readonly requests: readonly ModelRequest[];
  /** Times that the refused key was tried. */
  refusals(): number;
  close(): Promise<void>;
}

export type ReplyFunction = (request: ModelRequest) => Reply | Promise<Reply>;

/** A key that the server does not know; it takes any other. */
export const refusedKey = 'sk-refused-secret';

export async function startModelServer({ reply }: { reply: ReplyFunction }): Promise<ModelServer> {
  const requests: ModelRequest[] = [];
  const paused = new Set<string>();
  let refusals = 0;
  const server = createServer((request, response) => {
    if (keyOf(request) === refusedKey) {
      refusals += 1;
      return sendError(response, {
        status: 401,
        type: 'authentication_error',
        message: `invalid x-api-key: ${refusedKey}`,
      });
    }
    handle(request, response, { reply, requests, paused }).catch((error: unknown) => {
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      if (!response.headersSent) sendError(response, { status: 500, type: 'api_error', message });
      else response.destroy();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    refusals: () => refusals,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function keyOf({ headers: { 'x-api-key': apiKey, authorization } }: IncomingMessage): string {
  return String(apiKey ?? authorization?.replace('Bearer ', '') ?? '');
}

async function handle(
  incoming: IncomingMessage,
  response: ServerResponse,
  { reply, requests, paused }: { reply: ReplyFunction; requests: ModelRequest[]; paused: Set<string> },
): Promise<void> {
  const key = keyOf(incoming);
  if (incoming.method === 'GET' && incoming.url?.startsWith('/v1/models?') === true) {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ data: [{ type: 'model', id: 'model-1' }], has_more: false }));
    return;
  }
  if (incoming.method !== 'POST' || !incoming.url?.startsWith('/v1/messages')) {
    return sendError(response, { status: 404, type: 'not_found_error', message: 'no such endpoint' });
  }
  if (key === '') {
    return sendError(response, { status: 401, type: 'authentication_error', message: 'x-api-key header is required' });
  }
  const parsed = explainBadRequest(await readBody(incoming));
  if ('problem' in parsed) {
    return sendError(response, { status: 400, type: 'invalid_request_error', message: parsed.problem });
  }
  const request = { ...parsed.request, key };
  if (request.messages.findLast(({ role }) => role !== 'system')?.role !== 'user' && !paused.delete(request.user)) {
    const message = 'messages: the conversation must end with a user message';
    return sendError(response, { status: 400, type: 'invalid_request_error', message });
  }
  requests.push(request);
  const answer = await reply(request);
  if ('error' in answer) return sendError(response, answer.error);
  response.writeHead(200, { 'content-type': 'text/event-stream', 'request-id': `req_${requests.length}` });
  if ('hang' in answer) return response.flushHeaders();
  if ('errorEvent' in answer) {
    response.end(`event: error\ndata: ${JSON.stringify({ type: 'error', error: answer.errorEvent })}\n\n`);
    return;
  }
  if (answer.stop === 'pause_turn') paused.add(request.user);
  if (answer.delayMs !== undefined) await sleep(answer.delayMs);
  const stream = streamAnswer(answer, request, requests.length);
  if (answer.cutAfterBytes === undefined) {
    response.end(answer.endsEarly === true ? stream.slice(0, stream.indexOf('event: message_stop')) : stream);
    return;
  }
  response.write(stream.slice(0, answer.cutAfterBytes), () => response.destroy());
}

function sendError(response: ServerResponse, { status, type, message, headers }: ModelError): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify({ type: 'error', error: { type, message } }));
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
