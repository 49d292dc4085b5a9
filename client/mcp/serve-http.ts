// The MCP server over HTTP: on loopback only, and only for programs of this machine. A page in a browser that reaches
// loopback under a name of its own is refused by its Host or Origin header.

import { once } from 'node:events';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Logger } from 'pino';
import {
  createMcpHandler,
  localhostAllowedHostnames,
  localhostAllowedOrigins,
  type McpServer,
  validateHostHeader,
  validateOriginHeader,
} from '@modelcontextprotocol/server';
import { errorText } from '../../domain/errors.ts';
import { cannotListen } from '../cannot-listen.ts';

const host = '127.0.0.1';
const path = '/mcp';

export interface HttpSettings {
  /** 0 = any free port. */
  readonly port: number;
  /** Made for each request: no session holds anything between two. */
  readonly makeServer: () => McpServer;
  readonly log: Logger;
}

export interface HttpServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Throws `BadInput` if the port is taken. */
export async function serveHttp({ port, makeServer, log }: HttpSettings): Promise<HttpServer> {
  const onerror = (error: Error): void => log.warn({ reason: error.message }, 'a request was refused or broke');
  const handler = createMcpHandler(makeServer, { onerror });
  const server = createServer({ headersTimeout: 5_000, requestTimeout: 30_000 }, (request, response) => {
    respond(request, response, handler.fetch).catch((error: unknown) => {
      log.debug({ reason: errorText(error) }, 'a request could not be answered');
      if (response.headersSent) response.destroy();
      else plain(response, 400, 'bad request');
    });
  });
  await listening(server, port);
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}${path}`,
    async close() {
      await handler.close();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function listening(server: Server, port: number): Promise<void> {
  server.listen(port, host);
  await once(server, 'listening').catch((cause: unknown) => {
    throw cannotListen({ host, port }, cause, 'Choose another port with --port; 0 takes any free one.');
  });
}

type Fetch = (request: Request) => Promise<Response>;

async function respond(request: IncomingMessage, response: ServerResponse, fetch: Fetch): Promise<void> {
  const named = validateHostHeader(request.headers.host, localhostAllowedHostnames());
  if (!named.ok) return plain(response, 403, named.message);
  const from = validateOriginHeader(request.headers.origin, localhostAllowedOrigins());
  if (!from.ok) return plain(response, 403, from.message);
  if (request.url?.split('?', 1)[0] !== path) return plain(response, 404, `the server is at ${path}`);
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const answer = await fetch(webRequest(request, gone.signal));
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  if (answer.body === null) response.end();
  else await pipeline(Readable.fromWeb(answer.body), response);
}

function webRequest(request: IncomingMessage, signal: AbortSignal): Request {
  const { method = 'GET', headersDistinct } = request;
  const headers = Object.entries(headersDistinct).flatMap(([name, values = []]) =>
    values.map((value): [string, string] => [name, value]),
  );
  const hasBody = method !== 'GET' && method !== 'HEAD';
  const body = hasBody ? { body: Readable.toWeb(request), duplex: 'half' as const } : {};
  return new Request(`http://${host}${path}`, { method, headers, signal, ...body });
}

function plain(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' });
  response.end(`${text}\n`);
}
