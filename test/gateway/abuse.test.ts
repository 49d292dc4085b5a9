// What a stranger, or somebody with the signing secret, may send to the gateway's port: over real sockets, byte by
// byte. An unhandled rejection or exception fails the file, as it would end the process.

import { connect } from 'node:net';
import { createHmac } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Client } from '@temporalio/client';
import { pino } from 'pino';
import type { Gateway } from '../../client/gateway/start-gateway.ts';
import { SlackServer, formOf, sendSigned, signingSecret } from '../fakes/slack-server.ts';
import { openGateway } from './open-gateway.ts';

const sent = vi.fn<() => Promise<void>>(() => Promise.resolve());
/** Stands where Temporal's client would be asked, and mostly must not be. */
const client = { withDeadline: sent } as unknown as Client;
const lines: string[] = [];
const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });

let slack: SlackServer;
let gateway: Gateway;

beforeEach(async () => {
  sent.mockClear();
  slack = await SlackServer.start();
});
afterEach(async () => {
  await gateway.close();
  await slack.close();
});

async function start(appToken: string | null = null): Promise<string> {
  gateway = await openGateway({ env: slack.environment({ appToken }), client, log });
  return `http://127.0.0.1:${gateway.port}`;
}

/** Sends bytes as they are and answers the status line of whatever comes back before the connection ends. */
async function raw(text: string): Promise<string> {
  const socket = connect(gateway.port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => void chunks.push(chunk));
  socket.on('error', () => undefined);
  // Without an end: Node cuts a request off whose sender says goodbye before the answer.
  socket.write(text, 'latin1');
  await once(socket, 'close');
  return Buffer.concat(chunks).toString('latin1').split('\r\n')[0] ?? '';
}

async function health(base: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`${base}/healthz`);
  return { status: response.status, text: await response.text() };
}

function signedHeaders(body: string): string {
  const timestamp = Math.floor(Date.now() / 1000);
  const hmac = createHmac('sha256', signingSecret).update(`v0:${timestamp}:${body}`).digest('hex');
  return `x-slack-request-timestamp: ${timestamp}\r\nx-slack-signature: v0=${hmac}\r\n`;
}

describe('a request target that is no path', () => {
  it.each([
    ['//', 'GET // HTTP/1.1', 404],
    ['no scheme', 'GET //[ HTTP/1.1', 404],
    ['half an IPv6 address', 'GET http://[ HTTP/1.1', 400],
    ['a port that is no number', 'GET http://a:b/healthz HTTP/1.1', 200],
    ['an absolute form', 'GET http://gateway/healthz HTTP/1.1', 200],
    ['an absolute form without a path', 'GET http://gateway HTTP/1.1', 400],
    ['another scheme', 'GET ftp://gateway/healthz HTTP/1.1', 400],
    ['broken percent-encodings', 'GET /%zz%%%c0%af HTTP/1.1', 404],
    ['a broken query', 'GET /healthz?%zz=[ HTTP/1.1', 200],
    ['only a query', 'GET ?x HTTP/1.1', 400],
    ['an asterisk', 'OPTIONS * HTTP/1.1', 400],
    ['an authority', 'CONNECT example.org:443 HTTP/1.1', 405],
    ['bytes outside ASCII', 'GET /\u00ff\u00fe HTTP/1.1', 400],
    ['a backslash', 'GET /\\\\evil/../healthz HTTP/1.1', 404],
    ['dots', 'GET /slack/../healthz HTTP/1.1', 404],
    ['an upgrade', 'GET /slack/events HTTP/1.1\r\nconnection: upgrade\r\nupgrade: websocket', 400],
    ['an upgrade to HTTP/2', 'GET /healthz HTTP/1.1\r\nconnection: upgrade, http2-settings\r\nupgrade: h2c', 400],
    ['a method that Slack does not use', 'DELETE /slack/events HTTP/1.1', 404],
    ['an expectation', 'POST /slack/events HTTP/1.1\r\nexpect: the-impossible', 417],
    ['an unknown method', 'BREW /healthz HTTP/1.1', 400],
    ['no HTTP', 'hello', 400],
    ['a TLS greeting', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000', 400],
    ['HTTP/2', 'PRI * HTTP/2.0', 400],
    ['a header of 40 KB', `GET /healthz HTTP/1.1\r\nx: ${'x'.repeat(40_000)}`, 431],
    ['two lengths', 'POST /slack/events HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2', 400],
    ['a length and chunks', 'POST /slack/events HTTP/1.1\r\ncontent-length: 5\r\ntransfer-encoding: chunked', 400],
    ['a length below zero', 'POST /slack/events HTTP/1.1\r\ncontent-length: -1', 400],
  ])('is answered and survived: %s', async (_, head, status) => {
    const base = await start();
    expect(await raw(`${head}\r\nhost: gateway\r\nconnection: close\r\n\r\n`)).toContain(` ${status} `);
    expect(await health(base)).toEqual({ status: 200, text: 'ok\n' });
  });

  it('is survived also over Socket Mode, where the port only tells its health', async () => {
    const base = await start('xapp-test');
    expect(await raw('GET // HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')).toContain(' 404 ');
    await vi.waitFor(async () => expect(await health(base)).toEqual({ status: 200, text: 'ok\n' }));
  });
});

describe('a signed request', () => {
  const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
  const form = 'application/x-www-form-urlencoded';
  const json = 'application/json';
  const bodyOf = (payload: unknown): string => new URLSearchParams({ payload: JSON.stringify(payload) }).toString();

  it.each([
    ['null', json, 'null', 400],
    ['a number', json, '17', 400],
    ['an array', json, '[]', 400],
    ['a text', json, '"x"', 400],
    ['nothing', json, '', 400],
    ['half of JSON', json, '{"type":', 400],
    ['a deep array', json, deep, 400],
    ['a deep object in a click', json, `{"type":"block_actions","actions":${deep}}`, 200],
    ['a payload of null', form, bodyOf(null), 400],
    ['a payload of a number', form, bodyOf(1), 400],
    ['a payload of an array', form, bodyOf([]), 400],
    ['two payloads', form, 'payload=%5B%5D&payload=null', 400],
    ['an empty payload', form, 'payload=', 400],
    ['no payload', form, 'a=b', 400],
    ['a broken percent-encoding', form, 'payload=%zz', 400],
    ['JSON called a form', form, '{"type":"block_actions"}', 400],
    ['a form called JSON', json, bodyOf({ type: 'block_actions' }), 400],
    ['an empty object', form, bodyOf({}), 200],
    ['a click without fields', form, bodyOf({ type: 'block_actions' }), 200],
    [
      'a click whose fields are null',
      form,
      bodyOf({ type: 'block_actions', user: null, team: null, actions: null }),
      200,
    ],
    ['a click with no action', form, bodyOf({ type: 'block_actions', user: { id: 'U1' }, actions: [] }), 200],
    ['a click of nobody', form, bodyOf({ user: { id: '' }, actions: [{ action_id: 'coppice_approve' }] }), 200],
    [
      'a click whose value is an object',
      form,
      bodyOf({ user: { id: 'U1' }, actions: [{ action_id: 'coppice_approve', value: {} }] }),
      200,
    ],
    [
      'an action of a prototype',
      form,
      bodyOf({ user: { id: 'U1' }, actions: [{ action_id: 'constructor', value: '{}' }] }),
      200,
    ],
    ['an own __proto__', json, '{"__proto__":{"type":"url_verification"},"actions":[{"__proto__":null}]}', 200],
    ['a view submission without a view', form, bodyOf({ type: 'view_submission', user: { id: 'U1' } }), 200],
    ['an event that is null', json, '{"type":"event_callback","event":null}', 200],
    ['an event that is a text', json, '{"type":"event_callback","event":"x"}', 200],
    ['options without a value', form, bodyOf({ type: 'block_suggestion' }), 200],
    ['a slash command', form, 'command=%2Fcoppice&text=approve&user_id=U1', 200],
    ['a certificate check', form, 'ssl_check=1&token=x', 200],
    ['a verification of the address', json, '{"type":"url_verification","challenge":"abc"}', 200],
    ['a verification without a challenge', json, '{"type":"url_verification"}', 400],
    ['no content type', '', 'null', 400],
    ['an unknown content type', 'multipart/form-data; boundary=x', '--x--', 400],
  ])('that Slack would not send is answered and decides nothing: %s', async (_, type, body, status) => {
    const base = await start();
    expect(await sendSigned(`${base}/slack/events`, body, { headers: { 'content-type': type } })).toBe(status);
    expect(sent).not.toHaveBeenCalled();
    expect((await health(base)).status).toBe(200);
  });

  it('of a click is taken when its form names a character set, and when its path has a query', async () => {
    const base = await start();
    const value = JSON.stringify({ id: 'run:r1:unit:a:approval:1', hash: 'a'.repeat(40) });
    const body = formOf(slack.payload({ action: 'coppice_approve', value }));
    const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
    expect(await sendSigned(`${base}/slack/events?x=%zz`, body, { headers })).toBe(200);
    expect(sent).toHaveBeenCalledTimes(1);
  });

  it.each(['v0', 'v0=', 'v1=00', '=', 'v0=\u00e9', 'v0=00=00'])(
    'whose signature is %s is refused',
    async (signature) => {
      const base = await start();
      const headers = { 'x-slack-signature': signature };
      expect(await sendSigned(`${base}/slack/events`, 'payload={}', { headers })).toBe(401);
      expect((await health(base)).status).toBe(200);
    },
  );

  it('that is cut off half-way ends nothing', async () => {
    const base = await start();
    const socket = connect(gateway.port, '127.0.0.1');
    socket.write(`POST /slack/events HTTP/1.1\r\nhost: x\r\n${signedHeaders('x')}content-length: 100\r\n\r\nhalf`);
    await vi.waitFor(() => expect(socket.bytesWritten).toBeGreaterThan(0));
    socket.resetAndDestroy();
    expect((await health(base)).status).toBe(200);
  });

  it('whose chunks are too large is refused with 413, and its sender hears it', async () => {
    const base = await start();
    const body = new ReadableStream({
      start(controller) {
        for (let i = 0; i < 8; i++) controller.enqueue(Buffer.alloc(64 * 1024, 'x'));
        controller.close();
      },
    });
    const headers = {
      'x-slack-request-timestamp': String(Math.floor(Date.now() / 1000)),
      'x-slack-signature': 'v0=00',
    };
    const init = { method: 'POST', body, headers, duplex: 'half' as const };
    expect((await fetch(`${base}/slack/events`, init)).status).toBe(413);
  });

  it('whose chunks are broken is refused', async () => {
    await start();
    const head = `POST /slack/events HTTP/1.1\r\nhost: x\r\n${signedHeaders('x')}transfer-encoding: chunked\r\n\r\n`;
    expect(await raw(`${head}zz\r\n`)).toContain(' 400 ');
  });
});

describe('a slow sender', () => {
  it.each([
    ['says nothing', ''],
    ['stops in its headers', 'POST /slack/events HTTP/1.1\r\nhost: x\r\nx: '],
    ['stops in its body', `POST /slack/events HTTP/1.1\r\nhost: x\r\n${signedHeaders('x')}content-length: 9\r\n\r\nx`],
  ])(
    'that %s is cut off, and holds nobody up',
    async (_, text) => {
      const base = await start();
      const socket = connect(gateway.port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.resume();
      socket.write(text);
      expect((await health(base)).status).toBe(200);
      await once(socket, 'close');
    },
    30_000,
  );

  it('does not keep the gateway from closing', async () => {
    await start();
    const socket = connect(gateway.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('POST /slack/events HTTP/1.1\r\nhost: x\r\nx: ');
    await once(socket, 'connect');
    await gateway.close();
    await expect(fetch(`http://127.0.0.1:${gateway.port}/healthz`)).rejects.toThrow();
    await start();
  });
});

describe('the gateway listens', () => {
  const other = Object.values(networkInterfaces())
    .flat()
    .find((each) => each !== undefined && !each.internal && each.family === 'IPv4')?.address;

  it.skipIf(other === undefined)('on this machine’s own address alone', async () => {
    await start();
    await expect(fetch(`http://${other}:${gateway.port}/healthz`)).rejects.toThrow();
  });

  it.skipIf(other === undefined)('on others where it is told to', async () => {
    gateway = await openGateway({ host: '0.0.0.0', env: slack.environment(), client, log });
    expect((await health(`http://${other}:${gateway.port}`)).status).toBe(200);
  });
});

describe('/healthz says when Slack cannot be reached', () => {
  it.each([
    ['an error', { status: 500 }],
    ['too many requests', { status: 429 }],
    ['a refused token', { error: 'invalid_auth' }],
    ['silence', 'silent' as const],
  ])('by %s, also when it is so from the start', async (_, outage) => {
    slack.outage = outage;
    const base = await start();
    const answer = await health(base);
    expect(answer.status).toBe(503);
    expect(answer.text).toContain('Web API');
    expect(answer.text).not.toContain('xoxb-test');
  });

  it('and asks Slack once, however many ask', async () => {
    const base = await start();
    const answers = await Promise.all(Array.from({ length: 20 }, () => health(base)));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(slack.calls).toEqual(['auth.test']);
  });

  it('by Socket Mode, which is connected again when it is cut', async () => {
    const base = await start('xapp-test');
    await vi.waitFor(async () => expect((await health(base)).status).toBe(200));
    slack.outage = { status: 500 };
    slack.hangUp();
    await vi.waitFor(async () => expect((await health(base)).text).toContain('Socket Mode'));
    slack.outage = null;
    await vi.waitFor(async () => expect((await health(base)).status).toBe(200), { timeout: 60_000 });
  }, 30_000);
});

describe('Socket Mode', () => {
  it.each([
    { error: 'invalid_auth' },
    { error: 'not_allowed_token_type' },
    { status: 500 },
    { status: 429 },
    'silent' as const,
  ])(
    'that cannot be had at the start (%j) ends nothing, and comes when it can',
    async (outage) => {
      slack.outage = outage;
      const base = await start('xapp-test');
      expect((await health(base)).status).toBe(503);
      slack.outage = null;
      if (outage !== 'silent') await vi.waitFor(() => expect(slack.connected).toBe(true), { timeout: 60_000 });
    },
    30_000,
  );

  it('survives what is no envelope', async () => {
    const base = await start('xapp-test');
    await vi.waitFor(() => expect(slack.connected).toBe(true));
    const texts = ['null', '[]', '1', '{', '', '{"type":"events_api"}', '{"type":"events_api","envelope_id":"e1"}'];
    const more = ['{"type":"interactive","envelope_id":"e2","payload":null}', '{"type":"error","envelope_id":"e3"}'];
    for (const text of [...texts, ...more, '{"type":{}}', '{"type":"hello"}']) slack.sayOverSocket(text);
    await vi.waitFor(() => expect(slack.acknowledged).toEqual(['e1', 'e2', 'e3']));
    expect(sent).not.toHaveBeenCalled();
    expect((await health(base)).status).toBe(200);
  });

  it('is opened again when Slack says that it will be closed', async () => {
    await start('xapp-test');
    await vi.waitFor(() => expect(slack.connected).toBe(true));
    slack.sayOverSocket('{"type":"disconnect","reason":"refresh_requested"}');
    await vi.waitFor(() => expect(slack.calls.filter((call) => call === 'apps.connections.open')).toHaveLength(2), {
      timeout: 60_000,
    });
    await vi.waitFor(() => expect(slack.connected).toBe(true));
  }, 30_000);
});
