// What stands in front of everything that comes in over HTTP. No request, however it is malformed, may do more than be
// refused: what is unsigned, stale, from the future or too large is refused before it is read.

import type { IncomingMessage, ServerResponse } from 'node:http';

/** Slack's own payloads are a few kilobytes. */
const bodyLimitBytes = 256 * 1024;
const oldestSeconds = 5 * 60;
const newestSeconds = 60;
/** How long a refused request may keep sending, so that its sender reads the answer instead of a reset connection. */
const lingerMs = 1_000;

/** The path of a request target, without its query; null for a target that names no path of ours. Never throws. */
export function pathOf(target: string | undefined): string | null {
  // Proxies send the absolute form; what is neither (`*`, an authority) names no path.
  const origin = /^https?:\/\/[^/?#]*/i.exec(target ?? '')?.[0] ?? '';
  const path = (target ?? '').slice(origin.length).split(/[?#]/, 1)[0] ?? '';
  return path.startsWith('/') ? path : null;
}

/** The status to refuse a request with before its body is read; null = let it pass. */
export function refusalOf(headers: IncomingMessage['headers'], nowMs: number): 401 | 413 | null {
  if (Number(headers['content-length'] ?? 0) > bodyLimitBytes) return 413;
  const timestamp = Number(headers['x-slack-request-timestamp'] ?? Number.NaN);
  if (!Number.isInteger(timestamp) || typeof headers['x-slack-signature'] !== 'string') return 401;
  const age = nowMs / 1000 - timestamp;
  return age > oldestSeconds || age < -newestSeconds ? 401 : null;
}

/** The whole body; null when it is larger than the limit, whether or not its length was announced. */
export async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  // A loop with `for await` would destroy the connection at the break, before the refusal is sent.
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

/** Answers once; a second answer, or one to a connection that is gone, does nothing. */
export function answer(response: ServerResponse, status: number, text = '', type = 'text/plain'): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

/** Answers, lets the sender finish for a moment, and throws away what is still on its way. */
export function refuse(request: IncomingMessage, response: ServerResponse, status: number): void {
  answer(response, status);
  request.resume();
  if (request.complete) return;
  const cut = setTimeout(() => request.destroy(), lingerMs);
  request.once('close', () => clearTimeout(cut));
}
