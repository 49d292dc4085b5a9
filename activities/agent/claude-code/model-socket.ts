// The Messages API on a socket that is shown in one session's sandbox, which has no network and no key: the only way from
// there to the model. Everything in the sandbox can reach it, so nothing that comes in is trusted.

import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import { chmod, open } from 'node:fs/promises';
import { constants } from 'node:fs';
import { basename, dirname } from 'node:path';
import { once } from 'node:events';
import { z } from 'zod';
import { type Reply, eventsOf, messageOf } from './answer-events.ts';

/** Longest request; the API itself takes 32 MB. */
const largestBytes = 32 * 1024 * 1024;

export interface ModelRequest {
  readonly body: z.infer<typeof requestBody>;
  /** What betas the client asks for; null = none. */
  readonly beta: string | null;
}

/** The request itself was wrong: the client is told, and may ask again. */
export class RequestRefused extends Error {}

export interface ModelSocket {
  close(): Promise<void>;
}

const requestBody = z.looseObject({
  messages: z.array(z.unknown()).min(1),
  tools: z.array(z.looseObject({ name: z.string() })).default([]),
  max_tokens: z.int().min(1),
  stream: z.boolean().optional(),
});

export interface ModelService {
  /** Called for one request at a time. Throws `RequestRefused` for what the client is to know; anything else hangs up. */
  answer(request: ModelRequest): Promise<Reply>;
  /** The client had gone before it got the answer. */
  undelivered(): void;
  /** How long a client may wait without a sign of life. */
  readonly patienceMs: number;
}

/** Listens at `path`, for every user of the host. */
export async function serveModel(path: string, service: ModelService): Promise<ModelSocket> {
  let queue: Promise<void> = Promise.resolve();
  let closed = false;
  const serve = async (response: ServerResponse, request: ModelRequest): Promise<void> => {
    if (closed || response.destroyed) return;
    try {
      await respond(response, request, service);
      if (response.destroyed && !response.writableFinished) service.undelivered();
    } catch (error) {
      if (error instanceof RequestRefused) refuse(response, 400, 'invalid_request_error', error.message);
      else response.destroy();
    }
  };
  const server = createServer((request, response) => {
    if (request.method !== 'POST' || !/^\/v1\/messages(?:\?|$)/.test(request.url ?? '')) {
      return refuse(response, 404, 'not_found_error', 'only messages are served here');
    }
    readRequest(request).then(
      (read) => (queue = queue.then(() => serve(response, read))),
      (error: unknown) => refuse(response, 400, 'invalid_request_error', String(error)),
    );
  });
  // The address of a socket has room for 107 bytes, and homes of workers may be anywhere.
  const folder = await open(dirname(path), constants.O_DIRECTORY);
  server.listen(`/proc/self/fd/${folder.fd}/${basename(path)}`);
  await once(server, 'listening');
  // The sandboxed user is another one.
  await chmod(path, 0o666);
  return {
    async close() {
      closed = true;
      server.closeAllConnections();
      server.close();
      await folder.close();
      await queue;
    },
  };
}

async function readRequest(request: IncomingMessage): Promise<ModelRequest> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > largestBytes) throw new RequestRefused('the request is too large');
    chunks.push(chunk);
  }
  const beta = request.headers['anthropic-beta'];
  return { body: parse(Buffer.concat(chunks).toString()), beta: typeof beta === 'string' ? beta : null };
}

function parse(text: string): ModelRequest['body'] {
  try {
    return requestBody.parse(JSON.parse(text));
  } catch (error) {
    throw new RequestRefused(`no request to the model: ${String(error)}`);
  }
}

/** An answer may take many minutes; clients hang up on a server that is silent. */
async function respond(
  response: ServerResponse,
  request: ModelRequest,
  { answer, patienceMs }: ModelService,
): Promise<void> {
  const streams = request.body.stream === true;
  const begin = (): void => {
    if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('event: ping\ndata: {"type":"ping"}\n\n');
  };
  const alive = streams ? setInterval(begin, patienceMs) : undefined;
  try {
    const reply = await answer(request);
    if (!response.headersSent) {
      response.writeHead(200, { 'content-type': streams ? 'text/event-stream' : 'application/json' });
    }
    response.end(streams ? eventsOf(reply) : JSON.stringify(messageOf(reply)));
  } finally {
    clearInterval(alive);
  }
}

function refuse(response: ServerResponse, status: number, type: string, message: string): void {
  const error = JSON.stringify({ type: 'error', error: { type, message } });
  if (response.headersSent) return void response.end(`event: error\ndata: ${error}\n\n`);
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  response.end(error);
}
