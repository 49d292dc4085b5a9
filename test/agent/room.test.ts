// A conversation that becomes too long for its model: first old results are left out, then a summary replaces the
// beginning; every host sends the same. Also how much of each request the vendor's cache already has.

import { afterEach, describe, expect, it } from 'vitest';
import type { Answer } from '../fakes/model-answer.ts';
import type { AgentSession } from '../../activities/agent/drivers/contract.ts';
import type { ModelRequest, Reply } from '../fakes/model-server.ts';
import { SessionJournal } from '../../activities/agent/conversation/journal.ts';
import { cachedShare } from '../../bench/parts/cached-prefix.ts';
import { prefixFile, turnFile } from '../../contracts/documents/journal.ts';
import { atTop, startSession } from './driver-session.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

const bash = { name: 'bash', input: { command: 'ls' } };
const nearlyFull = { input_tokens: 150_000 };
const long = (letter: string) => letter.repeat(50_000);

/** A session whose tools answer with long texts, one letter a turn. */
async function start(reply: (request: ModelRequest, n: number) => Reply, change: Partial<AgentSession> = {}) {
  let [asked, ran] = [0, 0];
  const session = await startSession((request) => reply(request, (asked += 1)), {
    tools: {
      async run() {
        ran += 1;
        return { output: long(String.fromCodePoint(96 + ran)), isError: false, exitCode: 0 };
      },
      ...atTop,
    },
    ...change,
  });
  open.push(session.server);
  return session;
}

/** The journal as the next host loads it from a checkpoint. */
function reload({ fixed, turns }: SessionJournal): SessionJournal {
  const files = new Map([[prefixFile, JSON.stringify(fixed)]]);
  for (const turn of turns) files.set(turnFile(turn.turn), JSON.stringify(turn));
  return SessionJournal.load(files);
}

const sent = (request?: ModelRequest) => JSON.stringify(request?.messages);
const tool = (usage: Answer['usage'] = {}): Answer => ({ tools: [bash], usage });

const tooLong = {
  error: { status: 400, type: 'invalid_request_error', message: 'prompt is too long: 210000 tokens > 200000 maximum' },
} as const;

describe('a conversation that becomes long', () => {
  it('is sent without long results of old turns, in pairs of call and result as before', async () => {
    const { journal, server, converse } = await start((_, n) =>
      n < 7 ? tool() : n === 7 ? tool(nearlyFull) : n === 8 ? tool() : { text: 'Done.' },
    );
    expect(await converse()).toEqual({ type: 'ended', why: null });
    const [before, after, next] = [server.requests[6], server.requests[7], server.requests[8]];
    expect(sent(before)).toContain(long('a'));
    for (const letter of ['a', 'b', 'c']) expect(sent(after)).not.toContain(long(letter));
    for (const letter of ['d', 'e', 'f', 'g']) expect(sent(after)).toContain(long(letter));
    expect(sent(after)).toContain('[50000 characters left out to save room');
    // What was left out stays left out, and nothing else changes: the cache holds.
    expect(sent(next)?.slice(0, 100_000)).toBe(sent(after)?.slice(0, 100_000));
    expect(reload(journal).messages()).toEqual(journal.messages());
  });

  it('is replaced by a summary when there is nothing more to leave out', async () => {
    const { journal, server, converse } = await start((request, n) => {
      if (n === 1) return tool(nearlyFull);
      if (n === 2) return { text: 'I have looked around.', usage: nearlyFull };
      return n === 3 ? tool() : { text: 'Done.' };
    });
    journal.addUserMessage('Mind the weeks.', 'message:1');
    expect(await converse()).toEqual({ type: 'ended', why: null });
    expect(server.requests).toHaveLength(4);
    const [, asking, after] = server.requests;
    expect(sent(asking)).toContain('It will be replaced by what you write now');
    expect(sent(asking)).toContain(long('a'));
    expect(sent(after)).toContain('I have looked around.');
    expect(sent(after)).toContain('Do it.');
    expect(sent(after)).toContain('Mind the weeks.');
    expect(sent(after)).not.toContain(long('a'));
    expect(journal.turns.map(({ summary = false }) => summary)).toEqual([false, true, false, false]);
    expect(reload(journal).messages()).toEqual(journal.messages());
  });

  it('keeps what was said last and not answered yet when a summary comes in between', async () => {
    const { journal, server, converse } = await start((_, n) => {
      if (n === 1) return { text: 'Done.', usage: nearlyFull };
      return n === 2 ? { text: 'A summary.' } : { text: 'Done again.' };
    });
    await converse();
    journal.addUserMessage('The check is red.', 'check:1');
    await converse();
    expect(sent(server.requests[2])).toMatch(/A summary\.[^]*The check is red\./);
  });

  it('keeps what it has when the model writes no summary, and counts what that has cost', async () => {
    const { journal, server, converse } = await start((_, n) => {
      if (n === 1) return tool(nearlyFull);
      return n === 2 ? { tools: [bash], usage: { output_tokens: 1_000_000 } } : { text: 'Done.' };
    });
    await converse();
    expect(server.requests).toHaveLength(3);
    expect(journal.turns).toHaveLength(2);
    expect(sent(server.requests[2])).toContain(long('a'));
    expect(journal.costUsd).toBeGreaterThan(15);
  });

  it('is a turn of its own: what it costs counts before the next call', async () => {
    const { server, converse } = await start(
      (_, n) => (n === 1 ? tool(nearlyFull) : { text: 'A summary.', usage: { output_tokens: 1_000_000 } }),
      { spendUpToUsd: 5 },
    );
    expect(await converse()).toEqual({ type: 'budget' });
    expect(server.requests).toHaveLength(2);
  });

  it('is made shorter when the question for a summary is itself too long', async () => {
    const { server, converse } = await start((_, n) => {
      if (n === 5) return tool(nearlyFull);
      return n < 5 ? tool() : n === 6 ? tooLong : { text: 'Done.' };
    });
    expect(await converse()).toEqual({ type: 'ended', why: null });
    expect(server.requests).toHaveLength(7);
    expect(sent(server.requests[6])).not.toContain(long('a'));
  });

  it('is continued on the next host where the model could not be asked after it was made shorter', async () => {
    const busy = { error: { status: 529, type: 'overloaded_error', message: 'busy' } } as const;
    const summed = await start((_, n) => (n === 1 ? tool(nearlyFull) : n === 2 ? { text: 'A summary.' } : busy));
    await expect(summed.converse()).rejects.toMatchObject({ type: 'ModelUnavailable' });
    const next = await start(() => ({ text: 'Done.' }), { journal: reload(summed.journal) });
    await next.converse();
    expect(next.server.requests).toHaveLength(1);
    expect(sent(next.server.requests[0])).toContain('A summary.');
    const cleared = await start((_, n) => (n < 7 ? tool() : n === 7 ? tool(nearlyFull) : busy));
    await expect(cleared.converse()).rejects.toMatchObject({ type: 'ModelUnavailable' });
    const after = await start(() => ({ text: 'Done.' }), { journal: reload(cleared.journal) });
    await after.converse();
    expect(after.server.requests).toHaveLength(1);
    expect(sent(after.server.requests[0])).not.toContain('It will be replaced');
  });

  it('continues from a summary in which the model calls tools: none of them runs', async () => {
    const { journal, server, converse } = await start((_, n) => {
      if (n === 1) return tool(nearlyFull);
      return n === 2 ? { text: 'So far.', tools: [bash] } : { text: 'Done.' };
    });
    await converse();
    expect(server.requests).toHaveLength(3);
    expect(journal.turns.map(({ results }) => results.length)).toEqual([1, 0, 0]);
  });
});

describe('a prompt that the model refuses as too long', () => {
  it('is made shorter once', async () => {
    const { server, converse } = await start((_, n) => (n < 7 ? tool() : n === 7 ? tooLong : { text: 'Done.' }));
    expect(await converse()).toEqual({ type: 'ended', why: null });
    expect(server.requests).toHaveLength(8);
    expect(sent(server.requests[7])).not.toContain(long('a'));
  });

  it('ends the session cleanly when that does not help, or nothing can be left out', async () => {
    const twice = await start((_, n) => (n < 7 ? tool() : tooLong));
    expect(await twice.converse()).toEqual({ type: 'too-long' });
    expect(twice.server.requests).toHaveLength(8);
    const atOnce = await start(() => ({ error: { status: 413, type: 'request_too_large', message: 'too large' } }));
    expect(await atOnce.converse()).toEqual({ type: 'too-long' });
    expect(atOnce.server.requests).toHaveLength(1);
  });
});

describe('what is sent again', () => {
  it('is what was sent before, under a mark that the cache knows, on the next host too', async () => {
    let draining = false;
    const first = await start((_, n) => ((draining = n >= 6), tool()), { draining: () => draining });
    await first.converse();
    const second = await start((_, n) => (n < 6 ? tool() : { text: 'Done.' }), { journal: reload(first.journal) });
    await second.converse();
    const { resent, cached } = cachedShare([...first.server.requests, ...second.server.requests].map(({ raw }) => raw));
    expect(resent).toBeGreaterThan(1_000_000);
    expect(cached / resent).toBeGreaterThan(0.999);
  });

  it('is found although one answer made more calls than the vendor looks back over', async () => {
    const many = { tools: Array.from({ length: 30 }, () => bash) };
    const { server, converse } = await start((_, n) => (n < 4 ? many : { text: 'Done.' }), {
      tools: { run: async () => ({ output: 'ok', isError: false, exitCode: 0 }), ...atTop },
    });
    await converse();
    const { resent, cached } = cachedShare(server.requests.map(({ raw }) => raw));
    expect(cached).toBe(resent);
  });
});
