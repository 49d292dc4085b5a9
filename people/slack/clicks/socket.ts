// Slack over Socket Mode: a connection that the gateway opens, and reopens as long as it serves. Slack's library makes
// one connection at a time. Reconnecting and parsing messages are done here, because a rejection inside the library
// would end the process.

import { errorText } from '../../../domain/errors.ts';
import { SocketModeReceiver } from '@slack/bolt';
import type { Logger } from 'pino';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { ClickHandler } from './click-handler.ts';
import type { Reach } from '../../medium.ts';
import { slackLogger } from './logger.ts';

export interface SocketOptions {
  readonly appToken: string;
  readonly apiUrl: string | null;
  readonly handle: ClickHandler;
  readonly log: Logger;
}

export interface SocketLink {
  reach(): Reach;
  stop(): Promise<void>;
}

type Client = SocketModeReceiver['client'];

const callTimeoutMs = 10_000;
const connectTimeoutMs = 20_000;
const stopTimeoutMs = 2_000;
const longestPauseMs = 30_000;

const message = z.object({ type: z.string(), envelope_id: z.string().optional(), payload: z.unknown().optional() });

/** Returns at once, so that a Slack outage does not delay the start. */
export function openSocketLink(options: SocketOptions): SocketLink {
  const stopping = new AbortController();
  let reach: Reach = { ok: false, why: 'not connected yet' };
  const keepConnected = async (): Promise<void> => {
    for (let failures = 0; !stopping.signal.aborted; failures += 1) {
      try {
        await withConnection(options, stopping.signal, () => {
          reach = { ok: true };
          failures = 0;
        });
        reach = { ok: false, why: 'the connection was closed' };
      } catch (error) {
        const why = errorText(error);
        reach = { ok: false, why };
        options.log.warn({ reason: why }, 'no Socket Mode connection to Slack; trying again');
      }
      const ms = Math.min(500 * 2 ** Math.min(failures, 10), longestPauseMs);
      await pause(ms, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const ended = keepConnected();
  return {
    reach: () => reach,
    async stop() {
      stopping.abort();
      await ended;
    },
  };
}

/** Resolves when the connection ends; rejects if none could be made. */
async function withConnection(options: SocketOptions, stop: AbortSignal, connected: () => void): Promise<void> {
  const client = makeClient(options);
  const lost = new Promise<void>((resolve) => client.on('disconnected', () => resolve()));
  const stopped = new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve(), { once: true }));
  let over = false;
  // The library opens the connection even if it was told to close before it had asked for the URL.
  const opening = client.start().then(() => (over ? closeClient(client, lost) : undefined));
  opening.catch(() => undefined);
  try {
    const late = pause(connectTimeoutMs, 'late' as const, { ref: false });
    if ((await Promise.race([opening, late, stopped])) === 'late') throw new Error('Slack does not answer');
    if (!stop.aborted) connected();
    await Promise.race([lost, stopped]);
  } finally {
    over = true;
    await closeClient(client, lost);
  }
}

function makeClient({ appToken, apiUrl, handle, log }: SocketOptions): Client {
  const { client } = new SocketModeReceiver({
    appToken,
    logger: slackLogger(log),
    autoReconnectEnabled: false,
    installerOptions: {
      clientOptions: {
        retryConfig: { retries: 0 },
        rejectRateLimitedCalls: true,
        timeout: callTimeoutMs,
        ...(apiUrl === null ? {} : { slackApiUrl: apiUrl }),
      },
    },
  });
  client.removeAllListeners('ws_message');
  client.on('ws_message', (data: unknown) => {
    hear(client, data, handle).catch((error: unknown) => {
      const reason = errorText(error);
      log.error({ reason }, 'a message from Slack could not be handled');
    });
  });
  return client;
}

async function hear(client: Client, data: unknown, handle: ClickHandler): Promise<void> {
  const { type, envelope_id: envelope, payload } = message.parse(JSON.parse(String(data)));
  if (type === 'hello') return void client.emit('connected', {});
  if (type === 'disconnect') return client.websocket?.disconnect();
  if (envelope === undefined) return;
  await handle(payload, () => acknowledge(client, envelope));
}

function acknowledge(client: Client, envelope: string): Promise<void> {
  return new Promise((resolve, reject) => {
    if (client.websocket?.isActive() !== true) return reject(new Error('the connection to Slack is gone'));
    client.websocket.send(JSON.stringify({ envelope_id: envelope, payload: {} }), (error) =>
      error === undefined ? resolve() : reject(error),
    );
  });
}

/** The library waits half a minute for a peer that does not close; a second call does not wait. */
async function closeClient(client: Client, lost: Promise<void>): Promise<void> {
  const closing = client.disconnect().catch(() => undefined);
  const late = pause(stopTimeoutMs, 'late' as const, { ref: false });
  if ((await Promise.race([lost, closing, late])) === 'late') client.websocket?.disconnect();
}
