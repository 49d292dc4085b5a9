// What stands in front of Bolt: it verifies signatures, and leaves the clock and the size of a request to others. Refuses
// before a body is read: what is unsigned, stale, from the future, or too large.

import type { IncomingMessage, ServerResponse } from 'node:http';

/** Slack's own payloads are a few kilobytes. */
export const bodyLimitBytes = 256 * 1024;
const oldestSeconds = 5 * 60;
const newestSeconds = 60;

/** The status to refuse with; null = let it pass. */
export function refusalOf(headers: IncomingMessage['headers'], nowMs: number): 401 | 413 | null {
  if (Number(headers['content-length'] ?? 0) > bodyLimitBytes) return 413;
  const timestamp = Number(headers['x-slack-request-timestamp'] ?? Number.NaN);
  if (!Number.isInteger(timestamp) || typeof headers['x-slack-signature'] !== 'string') return 401;
  const age = nowMs / 1000 - timestamp;
  return age > oldestSeconds || age < -newestSeconds ? 401 : null;
}

/** Answers and closes, whatever is still on its way. */
export function refuse(request: IncomingMessage, response: ServerResponse, status: number): void {
  response.writeHead(status, { connection: 'close' });
  response.end(() => request.destroy());
}
