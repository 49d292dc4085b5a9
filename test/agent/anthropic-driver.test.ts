import { afterEach, describe, expect, it } from 'vitest';
import type { AgentSession } from '../../activities/agent/drivers/contract.ts';
import type { ModelRequest, Reply } from '../fakes/model-server.ts';
import { SessionJournal } from '../../activities/agent/conversation/journal.ts';
import { prefix, startSession } from './driver-session.ts';

const bash = { name: 'bash', input: { command: 'true' } };
const done = { text: 'Done.' };

let open: Awaited<ReturnType<typeof startSession>>[] = [];
afterEach(async () => {
  for (const { server } of open) await server.close();
  open = [];
});

/** The replies in order, the last one again and again. */
async function start(replies: readonly Reply[], change: Partial<AgentSession> = {}) {
  let asked = 0;
  const session = await startSession(() => replies[Math.min(asked++, replies.length - 1)] ?? done, change);
  open.push(session);
  return session;
}

const lastContent = (request: ModelRequest | undefined) => request?.messages.at(-1)?.content;

describe('the conversation', () => {
  it('runs tools and asks again until the model ends its turn', async () => {
    const { converse, server, ran, journal } = await start([{ text: 'First', tools: [bash] }, done]);
    expect(await converse()).toEqual({ type: 'ended', why: null });
    expect(ran).toEqual([{ ...bash, checkpoints: 1 }]);
    expect(server.requests).toHaveLength(2);
    expect(server.requests[0]?.user).toBe('coppice/r1/a');
    expect(lastContent(server.requests[1])).toMatchObject([{ type: 'tool_result', content: 'ran', is_error: false }]);
    expect(journal.totals()).toMatchObject({ turns: 2, hosts: ['here'], usage: { outputTokens: 100 } });
  });

  it('runs no tool of an answer that was cut off, and tells the model', async () => {
    const { converse, server, ran } = await start([{ tools: [bash], stop: 'max_tokens' }, done]);
    expect(await converse()).toEqual({ type: 'ended', why: null });
    expect(ran).toEqual([]);
    expect(lastContent(server.requests[1])).toMatchObject([
      { type: 'tool_result', is_error: true },
      { type: 'text', text: expect.stringContaining('cut off') },
    ]);
  });

  it('runs no tool whose input came incomplete, although the answer says that it is whole', async () => {
    const { converse, ran, server } = await start([{ tools: [{ name: 'bash', input: '{"command":"echo a; rm' }] }]);
    await expect(converse()).rejects.toMatchObject({ type: 'ModelUnavailable' });
    expect(ran).toEqual([]);
    expect(server.requests).toHaveLength(1);
  });

  it.each(['max_tokens', 'model_context_window_exceeded'])('ends after three answers cut off by %s', async (stop) => {
    const { converse, server } = await start([{ text: 'Long', stop }]);
    expect(await converse()).toEqual({ type: 'ended', why: null });
    expect(server.requests).toHaveLength(3);
  });

  it('tells a model whose answer was cut off also on the next host', async () => {
    const { converse, journal } = await start([{ text: 'Long', stop: 'max_tokens' }, done], {
      turnEnded: () => Promise.reject(new Error('the host died')),
    });
    await expect(converse()).rejects.toThrow('the host died');
    const files = new Map(Object.entries(journal.takeChanged()));
    const next = await start([done], { journal: SessionJournal.load(files) });
    expect(await next.converse()).toEqual({ type: 'ended', why: null });
    expect(lastContent(next.server.requests[0])).toMatchObject([{ text: expect.stringContaining('cut off') }]);
  });

  it('continues after a pause, and stops at a refusal', async () => {
    const paused = await start([{ text: 'Wait', stop: 'pause_turn' }, done]);
    expect(await paused.converse()).toEqual({ type: 'ended', why: null });
    expect(paused.server.requests).toHaveLength(2);
    const refused = await start([{ text: 'I will not.', tools: [bash], stop: 'refusal' }]);
    expect(await refused.converse()).toEqual({ type: 'refused', why: 'I will not.' });
    expect(refused.ran).toEqual([]);
  });

  it('runs no tool for a stop reason that it does not know', async () => {
    const { converse, ran } = await start([{ tools: [bash], stop: 'something_new' }, done]);
    expect(await converse()).toEqual({ type: 'ended', why: null });
    expect(ran).toEqual([]);
  });

  it('takes an answer without content as the end', async () => {
    const { converse, server } = await start([{}]);
    expect(await converse()).toEqual({ type: 'ended', why: null });
    expect(server.requests).toHaveLength(1);
  });

  it('runs fifty calls of one answer and refuses the rest', async () => {
    const { converse, ran, journal } = await start([{ tools: Array.from({ length: 52 }, () => bash) }, done]);
    expect(await converse()).toEqual({ type: 'ended', why: null });
    expect(ran).toHaveLength(50);
    expect(journal.turns[0]?.results.filter(({ isError }) => isError)).toHaveLength(2);
  });

  it('stops at the turn limit, at the budget and when the host drains', async () => {
    const turns = await start([{ tools: [bash] }], { maxTurns: 3 });
    expect(await turns.converse()).toEqual({ type: 'turn-limit' });
    expect(turns.server.requests).toHaveLength(3);
    const usage = { output_tokens: 100_000 };
    const budget = await start([{ tools: [bash], usage }], { spendUpToUsd: 1 });
    expect(await budget.converse()).toEqual({ type: 'budget' });
    expect(budget.server.requests).toHaveLength(1);
    const drained = await start([{ tools: [bash] }], { draining: () => drained.ran.length > 0 });
    expect(await drained.converse()).toEqual({ type: 'drained' });
    expect(drained.journal.openCalls()).toEqual([]);
  });

  it('tells a model once that it goes in circles, and stops when it continues', async () => {
    let idle = 4;
    const { converse, server } = await start([{ tools: [bash] }], { idleTurns: () => idle++ });
    expect(await converse()).toEqual({ type: 'stuck' });
    expect(server.requests).toHaveLength(6);
    const told = server.requests.map((request) => JSON.stringify(lastContent(request)).includes('5 turns changed no'));
    expect(told).toEqual([false, true, false, false, false, false]);
  });

  it('asks nothing of a model without a price when there is a budget', async () => {
    const journal = new SessionJournal();
    journal.begin({ ...prefix, model: 'unheard-of' });
    const { converse, server } = await start([done], { journal, spendUpToUsd: 1 });
    await expect(converse()).rejects.toMatchObject({ type: 'ModelUnpriced' });
    expect(server.requests).toEqual([]);
  });

  it('answers a call that was interrupted with an error, and does not run it again', async () => {
    const dying = await start([{ tools: [bash] }], { turnEnded: () => Promise.reject(new Error('the host died')) });
    await expect(dying.converse()).rejects.toThrow('the host died');
    const files = new Map(Object.entries(dying.journal.takeChanged()));
    const next = await start([done], { journal: SessionJournal.load(files) });
    expect(await next.converse()).toEqual({ type: 'ended', why: null });
    expect(next.ran).toEqual([]);
    expect(lastContent(next.server.requests[0])).toMatchObject([
      { is_error: true, content: expect.stringContaining('interrupted, outcome unknown') },
    ]);
  });

  it('sends the same prefix from another host, byte for byte', async () => {
    const replies = [{ tools: [bash] }, { tools: [bash] }, done];
    const whole = await start(replies);
    await whole.converse();
    const first = await start(replies, { draining: () => first.ran.length > 0 });
    await first.converse();
    const files = new Map(Object.entries(first.journal.takeChanged()));
    const second = await start(replies.slice(1), { journal: SessionJournal.load(files), host: 'there' });
    await second.converse();
    // The ids of the calls are the server's; the second server counts from one again.
    const [expected, seen] = [whole.server.requests[1], second.server.requests[0]];
    expect(seen?.raw).toBe(expected?.raw);
    expect(second.journal.totals().hosts).toEqual(['here', 'there']);
  });

  it('stops asking when it is cancelled in mid-answer', async () => {
    const cancel = new AbortController();
    const { converse } = await start([{ ...done, delayMs: 300 }], { signal: cancel.signal });
    setTimeout(() => cancel.abort(), 50);
    await expect(converse()).rejects.toMatchObject({ name: 'CancelledFailure' });
  });
});

describe('a call that fails', () => {
  const error = (status: number, headers = {}) => ({ error: { status, type: 'x', message: 'no', headers } });
  const cases: readonly (readonly [string, Reply, object])[] = [
    ['401', error(401), { type: 'CredentialRefused', nonRetryable: true }],
    ['402', error(402), { type: 'CredentialRefused', nonRetryable: true }],
    ['403', error(403), { type: 'CredentialRefused', nonRetryable: true }],
    ['400', error(400), { type: 'ModelRequestRejected', nonRetryable: true }],
    ['500', error(500), { type: 'ModelUnavailable', nonRetryable: false }],
    ['529', error(529), { type: 'ModelUnavailable', nonRetryable: false }],
    ['429', error(429, { 'retry-after': '30' }), { type: 'ModelUnavailable', nextRetryDelay: 30_000 }],
    ['an error event', { errorEvent: { type: 'overloaded_error', message: 'no' } }, { type: 'ModelUnavailable' }],
    ['silence', { hang: 'after-headers' }, { type: 'ModelUnavailable', message: expect.stringContaining('silent') }],
  ];
  it.each(cases)('is named and not tried again: %s', async (_, reply, expected) => {
    const { converse, server, journal } = await start([reply]);
    const failed: unknown = await converse().then(
      () => null,
      (reason: unknown) => reason,
    );
    expect({ ...(failed as object), message: (failed as Error).message }).toMatchObject(expected);
    expect(server.requests).toHaveLength(1);
    expect(journal.turns).toEqual([]);
  });

  it('never counts a stream that was cut at any byte as an answer', async () => {
    for (const cutAfterBytes of [1, 100, 400, 700, 900, 1100]) {
      const { converse, ran } = await start([{ text: 'I will', tools: [bash], cutAfterBytes }]);
      await expect(converse()).rejects.toMatchObject({ type: 'ModelUnavailable' });
      expect(ran).toEqual([]);
    }
  });

  it('never counts a stream that ends without its last event as an answer', async () => {
    const { converse, ran } = await start([{ tools: [bash], endsEarly: true }]);
    await expect(converse()).rejects.toMatchObject({ type: 'ModelUnavailable' });
    expect(ran).toEqual([]);
  });

  it('is counted as far as it came when its answer had begun, and not at all otherwise', async () => {
    const usage = { input_tokens: 1_000_000 }; // $3 at the price of the default model
    const cut = await start([{ text: 'x'.repeat(3000), usage, cutAfterBytes: 3400 }]);
    await expect(cut.converse()).rejects.toMatchObject({ type: 'ModelUnavailable' });
    expect(cut.journal.totals()).toMatchObject({ turns: 0, estimated: true });
    expect(cut.journal.costUsd).toBeGreaterThan(3.005);
    expect(cut.journal.costUsd).toBeLessThan(3.03);
    const silent = await start([{ hang: 'after-headers' }]);
    await expect(silent.converse()).rejects.toMatchObject({ type: 'ModelUnavailable' });
    const whole = await start([{ text: 'Done.', usage }]);
    await whole.converse();
    expect([silent.journal.totals().estimated, silent.journal.costUsd]).toEqual([false, 0]);
    expect(whole.journal.totals()).toMatchObject({ estimated: false });
  });
});
