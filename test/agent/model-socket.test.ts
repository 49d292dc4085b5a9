// The socket on which a session answers as the Messages API, as its clients see it: Claude Code, and any other program
// in the sandbox.

import Anthropic from '@anthropic-ai/sdk';
import { createServer, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ModelService, ModelSocket } from '../../activities/agent/drivers/claude-code/model-socket.ts';
import { RequestRefused, serveModel } from '../../activities/agent/drivers/claude-code/model-socket.ts';
import { eventsOf, type Reply } from '../../activities/agent/drivers/claude-code/answer-events.ts';
import { temporaryFolder } from '../git/make-repository.ts';

const usage = { inputTokens: 7, outputTokens: 5, cacheReadTokens: 3, cacheWriteTokens: 2 };
const reply = (text: string): Reply => ({
  id: 'msg_1',
  model: 'm',
  content: [{ type: 'text', text }],
  stopReason: 'end_turn',
  usage,
});
const asked = { max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] };

const mostOf = (body: unknown) => (body as typeof asked).max_tokens;

const open: ModelSocket[] = [];
afterEach(async () => {
  for (const socket of open.splice(0)) await socket.close();
});

async function serve(parts: Partial<ModelService>, folder = temporaryFolder()): Promise<string> {
  const service = {
    answer: async () => reply('hello'),
    undelivered: () => undefined,
    patienceMs: 10_000,
    redact: (text: string) => text,
    ...parts,
  };
  open.push(await serveModel(join(folder, 'socket'), service));
  return join(folder, 'socket');
}

function post(socketPath: string, body: unknown, path = '/v1/messages?beta=true') {
  const request = httpRequest({ socketPath, method: 'POST', path, headers: { 'anthropic-beta': 'one,two' } });
  request.on('error', () => undefined);
  request.end(typeof body === 'string' ? body : JSON.stringify(body));
  const answer = (async () => {
    const [response] = (await once(request, 'response')) as [NodeJS.ReadableStream & { statusCode: number }];
    let text = '';
    for await (const chunk of response) text += String(chunk);
    return { status: response.statusCode, text };
  })();
  answer.catch(() => undefined);
  return { request, answer };
}

describe('the model’s socket', () => {
  it('answers whole or as a stream, as it is asked', async () => {
    const seen: unknown[] = [];
    const socket = await serve({
      answer: async ({ body, beta }) => {
        seen.push([mostOf(body), beta]);
        return reply('hello');
      },
    });
    const whole = await post(socket, asked).answer;
    expect([whole.status, JSON.parse(whole.text)]).toMatchObject([
      200,
      { stop_reason: 'end_turn', content: [{ text: 'hello' }] },
    ]);
    const streamed = await post(socket, { ...asked, stream: true }).answer;
    expect(streamed.text).toBe(eventsOf(reply('hello')));
    expect(seen).toEqual([
      [9, 'one,two'],
      [9, 'one,two'],
    ]);
  });

  it('refuses what is no request to the model, and continues', async () => {
    const socket = await serve({});
    expect((await post(socket, asked, '/v1/models').answer).status).toBe(404);
    expect(await post(socket, '{').answer).toMatchObject({
      status: 400,
      text: expect.stringMatching(/invalid_request_error/),
    });
    // The answer may be lost when the socket is closed while the client still writes.
    const large = await post(socket, 'x'.repeat(33 * 1024 * 1024)).answer.catch(
      (error: NodeJS.ErrnoException) => error,
    );
    if (large instanceof Error) expect(['EPIPE', 'ECONNRESET']).toContain(large.code);
    else expect(large.status).toBe(400);
    expect((await post(socket, asked).answer).status).toBe(200);
  });

  it('tells the client what the service refuses, and hangs up on what it must not know', async () => {
    let error: Error = new RequestRefused('prompt is too long');
    const socket = await serve({ answer: () => Promise.reject(error), patienceMs: 50 });
    expect(await post(socket, asked).answer).toMatchObject({
      status: 400,
      text: expect.stringMatching(/prompt is too long/),
    });
    error = new Error('the key is sk-1');
    await expect(post(socket, asked).answer).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('gives a client that waits for long signs of life', async () => {
    const socket = await serve({ answer: () => sleep(200, reply('late')), patienceMs: 50 });
    const { text } = await post(socket, { ...asked, stream: true }).answer;
    expect(text).toMatch(/^(event: ping\ndata: \{"type":"ping"\}\n\n){2,}event: message_start/);
  });

  it('serves one request at a time, and knows when an answer did not arrive', async () => {
    const order: string[] = [];
    let lost = 0;
    const socket = await serve({
      answer: async ({ body }) => {
        order.push(`begin ${mostOf(body)}`);
        await sleep(100);
        order.push(`end ${mostOf(body)}`);
        return reply('x'.repeat(1_000_000));
      },
      undelivered: () => (lost += 1),
    });
    const first = post(socket, { ...asked, max_tokens: 1 });
    await once(first.request, 'finish');
    await sleep(30);
    const second = post(socket, { ...asked, max_tokens: 2 });
    await sleep(20);
    first.request.destroy();
    expect((await second.answer).status).toBe(200);
    expect(order).toEqual(['begin 1', 'end 1', 'begin 2', 'end 2']);
    // The connection's end may be noticed after the next answer.
    await vi.waitFor(() => expect(lost).toBe(1), { timeout: 10_000 });
  });

  it('is not held up by clients that say nothing, or that do not listen', { timeout: 10_000 }, async () => {
    const socket = await serve({ answer: () => sleep(20, reply('x'.repeat(5_000_000))) });
    const silent = connect(socket);
    silent.on('error', () => undefined);
    silent.write('POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{');
    const deaf = connect(socket);
    deaf.on('error', () => undefined);
    const body = JSON.stringify(asked);
    deaf.write(`POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    await sleep(100);
    expect((await post(socket, asked).answer).status).toBe(200);
    await open.pop()?.close();
    silent.destroy();
    deaf.destroy();
  });

  it('takes two requests at a time and a few connections, and refuses the rest', async () => {
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const socket = await serve({ answer: () => held.then(() => reply('late')) });
    const first = [post(socket, asked), post(socket, asked)];
    await sleep(50);
    expect((await post(socket, asked).answer).status).toBe(429);
    const more = Array.from({ length: 20 }, () => connect(socket).on('error', () => undefined));
    await sleep(50);
    expect(more.filter(({ readyState }) => readyState === 'open').length).toBeLessThan(8);
    letGo();
    expect((await Promise.all(first.map(({ answer }) => answer))).map(({ status }) => status)).toEqual([200, 200]);
    for (const client of more) client.destroy();
  });

  it('waits, when it is closed, for the answer that is on its way', async () => {
    let answered = false;
    const socket = await serve({ answer: () => sleep(200, reply('late')).finally(() => (answered = true)) });
    const { request } = post(socket, asked);
    await once(request, 'finish');
    await sleep(50);
    await open.pop()?.close();
    expect(answered).toBe(true);
  });

  it('may be in a folder with a long name', async () => {
    const folder = join(temporaryFolder(), 'a'.repeat(120));
    mkdirSync(folder);
    const socket = await serve({}, folder);
    expect(socket.length).toBeGreaterThan(120);
  });
});

describe('an answer as events', () => {
  it('is for the vendor’s client what it was', async () => {
    const content = [
      { type: 'thinking', thinking: 'Hm.', signature: 'c2ln' },
      { type: 'redacted_thinking', data: 'eHh4' },
      { type: 'text', text: 'I look.' },
      { type: 'tool_use', id: 'toolu_1', name: 'Bash', input: { command: 'ls "a b"' } },
    ];
    const given: Reply = { id: 'msg_2', model: 'm', content, stopReason: 'tool_use', usage };
    const server = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(eventsOf(given));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const client = new Anthropic({ apiKey: 'key', authToken: null, baseURL, maxRetries: 0 });
    const message = await client.messages
      .stream({ model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] })
      .finalMessage();
    expect(message).toMatchObject({ id: 'msg_2', content, stop_reason: 'tool_use' });
    expect(message.usage).toMatchObject({ input_tokens: 7, output_tokens: 5, cache_read_input_tokens: 3 });
    server.close();
  });
});
