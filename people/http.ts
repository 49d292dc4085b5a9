// HTTP requests that carry people's answers: how they are answered and refused. The worst that any request, however
// malformed, can cause is its refusal.

import type { IncomingMessage, ServerResponse } from 'node:http';

export type Route = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** Media send a few kilobytes. */
export const bodyLimitBytes = 256 * 1024;
/** How long a refused request may keep sending, so that its sender reads the answer instead of a reset connection. */
const lingerMs = 1_000;

/** The whole body; null if it exceeds the limit, whether or not its length was announced. */
export async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  // `for await` would destroy the connection at the break, before the refusal is sent.
  return await new Promise((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > bodyLimitBytes) {
        chunks.length = 0;
        request.removeAllListeners('data');
        resolve(null);
      } else chunks.push(chunk);
    });
    request.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    request.once('error', reject);
    request.once('close', () => reject(new Error('the request was cut off')));
  });
}

/** Sends one answer. A second one, or one on a closed connection, does nothing. */
export function answer(response: ServerResponse, status: number, text = '', type = 'text/plain'): void {
  answerWith(response, { status, text, headers: { 'content-type': type } });
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

export function answerWith(response: ServerResponse, { status, text, headers }: Answer): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

/** Answers, lets the sender finish for a moment, and discards what is still arriving. */
export function refuse(request: IncomingMessage, response: ServerResponse, status: number): void {
  answer(response, status);
  discardRest(request);
}

/** For an answer before the whole request was read. */
export function discardRest(request: IncomingMessage): void {
  request.resume();
  if (request.complete) return;
  const cut = setTimeout(() => request.destroy(), lingerMs);
  request.once('close', () => clearTimeout(cut));
}

/** The path of a request target, without its query; null if it names no path of ours. Never throws. */
export function pathOf(target: string | undefined): string | null {
  // Proxies send the absolute form; other targets (`*`, an authority) name no path.
  const origin = /^https?:\/\/[^/?#]*/i.exec(target ?? '')?.[0] ?? '';
  const path = (target ?? '').slice(origin.length).split(/[?#]/, 1)[0] ?? '';
  return path.startsWith('/') ? path : null;
}
