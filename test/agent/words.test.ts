// Messages between an agent and people: reports, questions, answers. Also slices that must leave their host.

import { describe, expect, it, vi } from 'vitest';
import type { SliceHeartbeat, StopRequest, PersonMessage } from '../../contracts/activities/agent.ts';
import type { ModelRequest } from '../fakes/model-server.ts';
import { type SliceBench, doneOf, useBench } from './slice-bench.ts';
import { allGone, processesWith } from '../sandbox/fixtures.ts';
import { git } from '../git/make-repository.ts';
import { defaultConfig } from '../../contracts/documents/config.ts';
import { steps } from '../e2e/scripts.ts';

let bench: SliceBench;
useBench((opened) => (bench = opened));

const show = (commit: string, path: string) => git(bench.state, 'show', `${commit}:${path}`);
const write = { name: 'bash', input: { command: 'echo work > a.txt' } };
const report = (input: object) => ({ name: 'report', input });
const ask = (question: unknown) => ({ name: 'ask_person', input: { question } });
const lastMessage = (request?: ModelRequest) => JSON.stringify(request?.messages.at(-1));

describe('an agent’s report', () => {
  it('ends its work in the turn in which it comes, and what it says is checked', async () => {
    const good = await bench.planned(() => ({ tools: [write, report({ status: 'done' })] }));
    const done = await bench.host.start(good).result;
    expect(show(doneOf(done).result, 'a.txt')).toBe('work');
    expect(bench.asked(good.run)).toHaveLength(1);
    const hasty = await bench.planned(({ turn }) =>
      turn === 0
        ? { tools: [report({ status: 'done' })] }
        : steps('echo work > a.txt')({ turn: turn - 1 } as ModelRequest),
    );
    expect(doneOf(await bench.host.start(hasty).result).changed).toEqual(['a.txt']);
    expect(bench.toldBefore(hasty.run, 2)).toContain('no file has changed');
  });

  it('says why nothing had to change, or what is in the way, and that is the unit’s reason', async () => {
    const unchanged = await bench.planned(() => ({
      tools: [report({ status: 'done', reason: 'It is there already.' })],
    }));
    expect((await bench.host.start(unchanged).result).outcome).toEqual({
      status: 'failed',
      reason: 'no-change: It is there already.',
    });
    const blocked = await bench.planned(() => ({
      tools: [write, report({ status: 'blocked', reason: 'No such API.' })],
    }));
    expect((await bench.host.start(blocked).result).outcome).toEqual({
      status: 'failed',
      reason: 'blocked: No such API.',
    });
    expect(bench.asked(blocked.run)).toHaveLength(1);
  });

  it('in a wrong form is answered with what is wrong', async () => {
    const context = await bench.planned(({ turn }) =>
      turn === 0 ? { tools: [write, report({ status: 'finished' })] } : { text: 'Done.' },
    );
    doneOf(await bench.host.start(context).result);
    expect(lastMessage(bench.asked(context.run)[1])).toMatch(/Error: status: /);
  });

  it('counts also when another host continues after it, unless somebody has said something since', async () => {
    const context = await bench.planned(({ turn }) =>
      turn === 0
        ? { tools: [write, report({ status: 'done' })] }
        : steps('echo more > a.txt')({ turn: turn - 1 } as ModelRequest),
    );
    doneOf(await bench.host.start(context).result);
    const there = await bench.elsewhere();
    doneOf(await there.start(context, { slice: 2 }).result);
    expect(bench.asked(context.run)).toHaveLength(1);
    const words: PersonMessage[] = [{ id: 'message:1', by: 'dana', text: 'More, please.', call: null }];
    const more = await there.start(context, { slice: 3, words }).result;
    expect(show(doneOf(more).result, 'a.txt')).toBe('more');
  });
});

describe('an answer that asks and reports at once', () => {
  it('counts as a question: what was reported is taken when the answer is there', async () => {
    const context = await bench.planned(({ turn }) =>
      turn === 0
        ? { tools: [write, ask('Weeks?'), report({ status: 'blocked', reason: 'Waits.' })] }
        : { text: 'Done.' },
    );
    const { outcome } = await bench.host.start(context).result;
    if (outcome.status !== 'question') throw new Error(outcome.status);
    const words: PersonMessage[] = [{ id: 'approval:1', by: 'dana', text: 'Yes.', call: outcome.call }];
    doneOf(await bench.host.start(context, { slice: 2, words }).result);
    expect(lastMessage(bench.asked(context.run)[1])).toContain('Not taken: you asked a person');
  });
});

describe('a question to a person', () => {
  const asks = ({ turn }: ModelRequest) =>
    turn === 0 ? { tools: [write, ask('Do weeks count?'), ask('And years?')] } : { text: 'Done.' };

  it('runs what else was called, gives the slot back, and is asked again by anyone who restores the session', async () => {
    const context = await bench.planned(asks);
    const { outcome, totals } = await bench.host.start(context).result;
    expect(outcome).toMatchObject({ status: 'question', question: 'Do weeks count?', verdict: { decide: 'ask' } });
    const there = await bench.elsewhere();
    expect((await there.start(context, { attempt: 2 }).result).outcome).toEqual(outcome);
    expect(totals.turns).toBe(1);
    expect(bench.asked(context.run)).toHaveLength(1);
  });

  it.each([
    ['the words of a person', 'Yes, they do.', 'dana answers:\\n\\nYes, they do.'],
    ['that nobody answered', null, 'Nobody answered. Decide yourself'],
  ])('gets as its result %s', async (_, text, result) => {
    const context = await bench.planned(asks);
    const { outcome } = await bench.host.start(context).result;
    if (outcome.status !== 'question') throw new Error(outcome.status);
    const words: PersonMessage[] = [{ id: 'approval:1', by: 'dana', text, call: outcome.call }];
    const there = await bench.elsewhere();
    doneOf(await there.start(context, { slice: 2, words }).result);
    const [, second] = bench.asked(context.run);
    const results = (second?.messages.at(-1)?.content ?? []) as { type: string; content: string; is_error: boolean }[];
    expect(results.map(({ type }) => type)).toEqual(['tool_result', 'tool_result', 'tool_result']);
    expect(JSON.stringify(results)).toContain(result);
    expect(JSON.stringify(results)).toContain('one question at a time');
    expect(JSON.stringify(results)).not.toContain('interrupted');
  });

  it('is not put to anybody where policy says so', async () => {
    const policy = [{ action: 'question', decide: 'deny', paths: [], by: [] }] as const;
    const context = await bench.planned(asks, { config: { ...defaultConfig, policy } });
    const { outcome } = await bench.host.start(context).result;
    expect(outcome).toMatchObject({ status: 'question', verdict: { decide: 'deny', rule: 'question: deny' } });
  });
});

describe('a message', () => {
  it('is heard once, in front of what comes next, before the first answer too', async () => {
    const context = await bench.planned(steps('echo work > a.txt'));
    const words: PersonMessage[] = [{ id: 'message:1', by: 'dana', text: 'Weeks ```count```.', call: null }];
    doneOf(await bench.host.start(context, { words }).result);
    const there = await bench.elsewhere();
    doneOf(await there.start(context, { slice: 2, words }).result);
    expect(bench.toldBefore(context.run, 1)).toContain('A message from dana, who follows your work');
    const all = JSON.stringify(bench.asked(context.run).at(-1)?.messages);
    expect(all.split('Weeks ```count```.')).toHaveLength(2);
  });
});

describe('a slice that is told to leave', () => {
  async function leave(order: StopRequest) {
    const mark = order === 'now' ? '86396.25' : '1.375';
    const context = await bench.planned(
      steps(`echo one > a.txt; sleep ${mark}; echo two >> a.txt`, 'echo three >> a.txt'),
    );
    const slice = bench.host.start(context, { order: () => order });
    await vi.waitFor(() => expect(processesWith(mark)).not.toEqual([]), 15_000);
    slice.environment.cancel('CANCELLED');
    const { outcome } = await slice.result;
    expect(await allGone(mark)).toBe(true);
    const there = await bench.elsewhere();
    const next = await there.start(context, { slice: 2 }).result;
    return { outcome, written: show(doneOf(next).result, 'a.txt'), context, totals: next.totals };
  }

  it('after its turn lets the command end first', async () => {
    const { outcome, written, totals } = await leave('after-turn');
    expect(outcome).toEqual({ status: 'drained' });
    expect(written).toBe('one\ntwo\nthree');
    expect(totals).toMatchObject({ turns: 3, hosts: ['here', 'there'] });
  });

  it('now stops the command, keeps what it did, and says on the next host that its outcome is unknown', async () => {
    const { outcome, written, context } = await leave('now');
    expect(outcome).toEqual({ status: 'drained' });
    expect(written).toBe('one\nthree');
    expect(JSON.stringify(bench.asked(context.run)[1]?.messages.at(-1))).toContain('interrupted, outcome unknown');
  });

  it('asks again when its unit cannot be asked just now, and does not take that for a cancel', async () => {
    const context = await bench.planned(steps('echo one > a.txt; sleep 1.125'));
    const slice = bench.host.start(context, {
      order: () => {
        throw new Error('no orchestrator');
      },
    });
    await vi.waitFor(() => expect(processesWith('1.125')).not.toEqual([]), 15_000);
    slice.environment.cancel('CANCELLED');
    expect((await slice.result).outcome).toEqual({ status: 'drained' });
  });

  it('changes its mind with its unit', async () => {
    const mark = '86397.25';
    const context = await bench.planned(steps(`sleep ${mark}`));
    let order: StopRequest = 'after-turn';
    const slice = bench.host.start(context, { order: () => order });
    await vi.waitFor(() => expect(processesWith(mark)).not.toEqual([]), 15_000);
    slice.environment.cancel('CANCELLED');
    order = 'cancel';
    await expect(slice.result).rejects.toMatchObject({ name: 'CancelledFailure' });
    expect(await allGone(mark)).toBe(true);
  });
});

describe('other limits', () => {
  it('end a unit with their names: tokens, and time on all hosts together', async () => {
    const agent = { ...defaultConfig.agent, maxTokens: 5_000, maxSeconds: 3600 };
    const config = { ...defaultConfig, agent };
    const usage = { input_tokens: 100, output_tokens: 1_000, cache_read_input_tokens: 2_000 };
    const talks = await bench.planned(() => ({ tools: [write], usage }), { config });
    const spent = await bench.host.start(talks).result;
    expect(spent.outcome).toEqual({
      status: 'failed',
      reason: 'budget: the agent has used all its tokens (agent.maxTokens)',
    });
    expect(spent.totals.turns).toBe(2);
    const long = await bench.planned(steps('echo a > a.txt'), { config });
    const late = await bench.host.start(long, { workedSeconds: 3600 }).result;
    expect(late.outcome).toMatchObject({ reason: expect.stringMatching(/^budget: .*agent\.maxTime/) });
    expect(bench.asked(long.run)).toEqual([]);
    doneOf(await bench.host.start(long, { slice: 2, workedSeconds: 3500 }).result);
  });

  it('of tokens, turns and time of the whole run end the slice, for the run to say what comes next', async () => {
    const context = await bench.planned((request) => ({
      ...steps('echo x >> a.txt')({ ...request, turn: 0 }),
      usage: { input_tokens: 1_000, output_tokens: 100 },
    }));
    const shares = [
      [{ tokensUpTo: 2_000 }, 2],
      [{ turnsUpTo: 2.5 }, 3],
      [{ seconds: 0 }, 3],
    ] as const;
    for (const [i, [share, turns]] of shares.entries()) {
      const { outcome, totals } = await bench.host.start(context, { slice: i + 1, ...share }).result;
      expect([outcome, totals.turns]).toEqual([{ status: 'budget' }, turns]);
    }
  });
});

describe('money', () => {
  it('that is nearly spent is said to the agent once', async () => {
    const usage = { input_tokens: 0, output_tokens: 60_000 }; // $0.90 at the price of the default model
    const context = await bench.planned(({ turn }) =>
      turn < 2 ? { tools: [write], usage } : { text: 'Done.', usage },
    );
    doneOf(await bench.host.start(context, { limitUsd: 1 }).result);
    expect(bench.toldBefore(context.run, 1)).not.toContain('may cost');
    expect(bench.toldBefore(context.run, 2)).toContain('You have spent $0.90 of the $1.00 that this unit may cost');
    expect(bench.toldBefore(context.run, 3).split('may cost')).toHaveLength(2);
  });

  it('is charged by a field of the heartbeat, which says when a call is in flight and when its answer is stored', async () => {
    const context = await bench.planned(steps('echo one > a.txt', 'echo two > a.txt'));
    const { result, heartbeats } = bench.host.start(context);
    doneOf(await result);
    const calls = heartbeats.map(({ turn, modelCall }) => `${turn} ${modelCall}`);
    expect(calls.filter((each, i) => each !== calls[i - 1])).toEqual([
      '0 false',
      ...['0 true', '1 false'],
      ...['1 true', '2 false'],
      ...['2 true', '3 false'],
    ]);
  });

  it('for a second call that is lost in the same turn is charged as well', async () => {
    let delayMs = 60_000;
    const context = await bench.planned((request) => ({ ...steps('echo work > a.txt')(request), delayMs }));
    const before = { host: 'gone', checkpoint: null, costUsd: 0, turn: 0, doing: 'thinking', modelCall: true };
    const second = bench.host.start(context, { attempt: 2, before });
    const end = second.result.catch((error: unknown) => error);
    await vi.waitFor(() => expect(second.heartbeats.at(-1)).toMatchObject({ modelCall: true }), { timeout: 60_000 });
    const last = second.heartbeats.at(-1);
    second.environment.cancel('CANCELLED');
    await end;
    delayMs = 0;
    const { totals } = await bench.host.start(context, { attempt: 3, ...(last && { before: last }) }).result;
    expect(totals.costUsd).toBeGreaterThan(0.96);
  });

  it('for a call that died with its host is counted at the most, and marked', async () => {
    const context = await bench.planned(steps('echo work > a.txt'));
    const beat = { host: 'gone', checkpoint: null, costUsd: 0, doing: 'at work' };
    const dead = (modelCall: boolean, turn: number): SliceHeartbeat => ({ ...beat, modelCall, turn });
    const first = await bench.host.start(context, { attempt: 2, before: dead(true, 0) }).result;
    // 32,000 tokens of output at $15 a million, and what was sent.
    expect(first.totals).toMatchObject({ turns: 2, estimated: true });
    expect(first.totals.costUsd).toBeGreaterThan(0.48);
    expect(first.totals.costUsd).toBeLessThan(0.52);
    const again = await (await bench.elsewhere()).start(context, { slice: 2, attempt: 2, before: dead(true, 2) })
      .result;
    expect(again.totals.costUsd).toBeGreaterThan(first.totals.costUsd + 0.48);
    // One that has failed is not lost: the host says so with its last word.
    const failing = await bench.planned(() => ({ error: { status: 529, type: 'overloaded_error', message: 'busy' } }));
    const failed = bench.host.start(failing);
    await expect(failed.result).rejects.toMatchObject({ type: 'ModelUnavailable' });
    expect(failed.heartbeats.map(({ doing }) => doing)).toContain('thinking');
    expect(failed.heartbeats.at(-1)?.doing).toBe('the model could not be asked');
    // A second host died before it had charged anything: its last word carries the debt.
    const debt = { ...dead(false, 0), uncharged: 2 };
    const inherited = await bench.host.start(context, { slice: 3, attempt: 3, before: debt }).result;
    expect(inherited.totals.costUsd).toBeGreaterThan(again.totals.costUsd + 0.48);
    // The field counts, whatever people read.
    for (const harmless of [dead(false, 2), { ...dead(false, 2), doing: 'thinking' }, dead(true, 1)]) {
      const next = await bench.host.start(context, { slice: 4, attempt: 2, before: harmless }).result;
      expect(next.totals.costUsd).toBe(inherited.totals.costUsd);
    }
  });
});
