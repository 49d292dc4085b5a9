// The Messages API on a socket in one session's sandbox, which has no network and no key: the only way from there to
// the model. Everything in the sandbox can reach it, so nothing that arrives is trusted.

import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import { chmod, open } from 'node:fs/promises';
import { constants } from 'node:fs';
import { basename, dirname } from 'node:path';
import { once } from 'node:events';
import { type Reply, eventsOf, messageOf } from './answer-events.ts';

/** Longest request, which is the API's own limit. */
const largestBytes = 32 * 1024 * 1024;
/** Claude Code uses one. */
const connections = 8;
/** How long the client may take to send a request. */
const comingMs = 10_000;
/** Requests that may be waiting or being answered at once. */
const requestsAtOnce = 2;

export interface ModelRequest {
  /** Any JSON. */
  readonly body: unknown;
  /** Value of the client's beta header; null = none. */
  readonly beta: string | null;
}

/** The request itself was wrong. The client gets the message, and may ask again. */
export class RequestRefused extends Error {}

export interface ModelSocket {
  close(): Promise<void>;
}

export interface ModelService {
  /**
   * Called for one request at a time. A `RequestRefused` is reported to the client; any other error closes the
   * connection.
   */
  answer(request: ModelRequest): Promise<Reply>;
  /** The client was gone before it received the answer. */
  undelivered(): void;
  /** Milliseconds between signs of life to a waiting client. */
  readonly patienceMs: number;
  /** Applied to request bodies as they arrive. */
  redact(text: string): string;
}

/** Listens at `path`, open to every user of the host. */
export async function serveModel(path: string, service: ModelService): Promise<ModelSocket> {
  let queue: Promise<void> = Promise.resolve();
  let closed = false;
  let pending = 0;
  const serve = async (response: ServerResponse, request: ModelRequest): Promise<void> => {
    if (closed || response.destroyed) return;
    try {
      await respond(response, request, service);
      if (response.destroyed && !response.writableFinished) service.undelivered();
    } catch (error) {
      if (error instanceof RequestRefused) refuse(response, 400, error.message);
      else response.destroy();
    }
  };
  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let read: ModelRequest;
    try {
      read = await readRequest(request, service);
    } catch (error) {
      return refuse(response, 400, String(error));
    }
    if (pending >= requestsAtOnce) return refuse(response, 429, 'one request at a time');
    pending += 1;
    queue = queue.then(() => serve(response, read)).finally(() => (pending -= 1));
    await queue;
  };
  const server = createServer({ requestTimeout: comingMs, headersTimeout: comingMs }, (request, response) => {
    // A tool may run for a long time between two requests, so a kept connection might no longer be open.
    response.setHeader('connection', 'close');
    if (request.method !== 'POST' || !/^\/v1\/messages(?:\?|$)/.test(request.url ?? '')) {
      return refuse(response, 404, 'only messages are served here');
    }
    void receive(request, response);
  });
  server.maxConnections = connections;
  // A socket address holds at most 107 bytes, and a worker's home may have a longer path.
  const folder = await open(dirname(path), constants.O_DIRECTORY);
  const close = async (): Promise<void> => {
    closed = true;
    server.closeAllConnections();
    server.close();
    await folder.close();
    await queue;
  };
  try {
    server.listen(`/proc/self/fd/${folder.fd}/${basename(path)}`);
    await once(server, 'listening');
    // The sandboxed user is a different one.
    await chmod(path, 0o666);
  } catch (error) {
    await close();
    throw error;
  }
  return { close };
}

async function readRequest(request: IncomingMessage, { redact }: ModelService): Promise<ModelRequest> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > largestBytes) throw new RequestRefused('the request is too large');
    chunks.push(chunk);
  }
  const beta = request.headers['anthropic-beta'];
  return {
    body: JSON.parse(redact(Buffer.concat(chunks).toString())) as unknown,
    beta: typeof beta === 'string' ? beta : null,
  };
}

/** An answer may take many minutes, and clients hang up on a silent server. */
async function respond(response: ServerResponse, request: ModelRequest, { answer, patienceMs }: ModelService) {
  const { body } = request;
  const streams = typeof body === 'object' && body !== null && 'stream' in body && body.stream === true;
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

function refuse(response: ServerResponse, status: 400 | 404 | 429, message: string): void {
  const type = { 400: 'invalid_request_error', 404: 'not_found_error', 429: 'rate_limit_error' }[status];
  const error = JSON.stringify({ type: 'error', error: { type, message } });
  if (response.headersSent) return void response.end(`event: error\ndata: ${error}\n\n`);
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(error);
}
