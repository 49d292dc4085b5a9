// The gateway's HTTP server: deadlines for headers and bodies, and a bound on connections. If a listener fails, the
// result is an answer and a log line, never the end of the process.

import { errorText } from '../../domain/errors.ts';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import { type Route, answer } from '../../people/http.ts';
import { cannotListen } from '../cannot-listen.ts';

/** Media send a few kilobytes at once; anything slower is not a medium. */
const headersTimeoutMs = 5_000;
const requestTimeoutMs = 10_000;
const idleSocketMs = 15_000;
const maxConnections = 500;

const listenHint =
  'Stop the program that has the port, or choose another address: `coppice gateway` takes --port and --host.';

const statusOfClientError: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

export interface ListenSettings {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  readonly route: Route;
  readonly log: Logger;
}

export async function listen({ host, port, route, log }: ListenSettings): Promise<Server> {
  const server = createServer(
    {
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: headersTimeoutMs,
      // By default, Node checks every 30 s, whatever the deadlines.
      connectionsCheckingInterval: 1_000,
    },
    (request, response) => void perform(route, request, response, log),
  );
  server.maxConnections = maxConnections;
  server.timeout = idleSocketMs;
  server.on('clientError', (error: NodeJS.ErrnoException, socket) =>
    closeWith(socket, statusOfClientError[error.code ?? ''] ?? '400 Bad Request'),
  );
  // Without listeners, Node keeps the connection of an upgrade open, and cuts that of a CONNECT.
  server.on('upgrade', (_, socket) => closeWith(socket, '400 Bad Request'));
  server.on('connect', (_, socket) => closeWith(socket, '405 Method Not Allowed'));
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(cannotListen({ host, port }, cause, listenHint)));
    server.listen(port, host, resolve);
  });
  // For instance, no file descriptors are left: existing connections are still served.
  server.on('error', (error) => log.error({ reason: error.message }, 'a connection could not be accepted'));
  return server;
}

async function perform(route: Route, request: IncomingMessage, response: ServerResponse, log: Logger): Promise<void> {
  const cutOff = (error: Error): void => log.debug({ reason: error.message }, 'a connection broke');
  request.on('error', cutOff);
  response.on('error', cutOff);
  try {
    await route(request, response);
  } catch (error) {
    log.error({ reason: errorText(error) }, 'a request could not be served');
    answer(response, 500);
  }
}

function closeWith(socket: Duplex, status: string): void {
  socket.on('error', () => socket.destroy());
  if (!socket.writable) return void socket.destroy();
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`, () => socket.destroy());
}
