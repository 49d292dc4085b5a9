// Tool calls that people must allow: the session goes back to its checkpoint, any host continues, and what people saw runs
// once or not at all.

import { describe, expect, it } from 'vitest';
import type { CallDecision, ToolRequest } from '../../contracts/tool-request.ts';
import type { Config, PolicyRule } from '../../contracts/documents/config.ts';
import type { ModelRequest, Reply } from '../fakes/model-server.ts';
import type { PersonMessage, SliceResult } from '../../contracts/activities/agent.ts';
import { type SliceBench, doneOf, useBench } from './slice-bench.ts';
import { defaultConfig } from '../../contracts/documents/config.ts';
import { git } from '../git/make-repository.ts';
import { processesWith } from '../sandbox/fixtures.ts';
import { textOf } from '../../activities/agent/tools/tool-request.ts';
import { toolRules } from '../../activities/agent/tools/tool-rules.ts';

let bench: SliceBench;
useBench((opened) => (bench = opened));

const bash = (command: string) => ({ name: 'bash', input: { command } });
const show = (commit: string, path: string) => git(bench.state, 'show', `${commit}:${path}`);
const rule = (change: Partial<PolicyRule>): PolicyRule => ({
  action: 'tool',
  decide: 'ask',
  paths: [],
  by: [],
  ...change,
});
const config = (...policy: PolicyRule[]): { config: Partial<Config> } => ({ config: { ...defaultConfig, policy } });
const publishing = config(rule({ commands: ['bash(./publish.sh:*)'] }));

/** The results of calls, and the words, that the n-th request brings. */
const toldBefore = (run: string, n: number) => JSON.stringify(bench.asked(run)[n - 1]?.messages.at(-1));

/** Answers of a model, one a turn, and then the end. */
function script(...answers: readonly Reply[]) {
  return ({ turn }: ModelRequest): Reply => answers[turn] ?? { text: 'Done.' };
}

const prepare = {
  tools: [
    bash(
      'mkdir -p sub && cd sub && printf \'pwd > /work/where.txt\\necho "$1" >> /work/ran.txt\\n\' > publish.sh && chmod +x publish.sh',
    ),
  ],
};
const publish = { text: 'Now I publish it.', tools: [bash('./publish.sh one')] };

function requestOf({ outcome }: SliceResult): ToolRequest {
  if (outcome.status !== 'tool') throw new Error(JSON.stringify(outcome));
  return outcome.request;
}

function decided({ call }: ToolRequest, decision: CallDecision, text: string | null = null): PersonMessage[] {
  return [{ id: 'approval:1', by: 'approved by dana (cli)', text, call, decision }];
}

describe('a call that people must allow', () => {
  it('does not run, gives the host back, and is shown as it would run; whoever restores the session asks the same', async () => {
    const context = await bench.planned(script(prepare, publish), publishing);
    const asked = await bench.host.start(context).result;
    expect(asked.outcome).toMatchObject({ status: 'tool', verdict: { decide: 'ask' } });
    expect(requestOf(asked)).toMatchObject({
      tool: 'bash',
      text: './publish.sh one',
      directory: '/work/sub',
      matched: ['./publish.sh one'],
      words: 'Now I publish it.',
    });
    const there = await bench.elsewhere();
    expect((await there.start(context, { attempt: 2 }).result).outcome).toEqual(asked.outcome);
    expect(bench.asked(context.run)).toHaveLength(2);
  });

  it('runs once when it is allowed, on any host, where the agent was', async () => {
    const context = await bench.planned(script(prepare, publish), publishing);
    const request = requestOf(await bench.host.start(context).result);
    const there = await bench.elsewhere();
    const words = decided(request, { allowed: true, hash: request.hash });
    const done = doneOf(await there.start(context, { slice: 2, words }).result);
    expect([show(done.result, 'where.txt'), show(done.result, 'ran.txt')]).toEqual(['/work/sub', 'one']);
    // The decision may come once more.
    const again = doneOf(await bench.host.start(context, { slice: 3, words }).result);
    expect(show(again.result, 'ran.txt')).toBe('one');
  });

  it('is answered with the reason when it is denied', async () => {
    const context = await bench.planned(script(prepare, publish), publishing);
    const request = requestOf(await bench.host.start(context).result);
    const words = decided(request, { allowed: false }, 'denied by dana (cli): not on Fridays');
    const done = doneOf(await bench.host.start(context, { slice: 2, words }).result);
    expect(toldBefore(context.run, 3)).toContain('people do not allow this (denied by dana (cli): not on Fridays)');
    expect(done.changed).toEqual(['sub/publish.sh']);
  });

  it('does not run when it is not what people saw', async () => {
    const context = await bench.planned(script(prepare, publish), publishing);
    const request = requestOf(await bench.host.start(context).result);
    const words = decided(request, { allowed: true, hash: 'f'.repeat(64) });
    const done = doneOf(await bench.host.start(context, { slice: 2, words }).result);
    expect(toldBefore(context.run, 3)).toContain('another state of the worktree');
    expect(done.changed).toEqual(['sub/publish.sh']);
  });

  it('does not run again when its host went in the middle of it: the agent is told', async () => {
    const slow = { tools: [bash('sleep 86397.5')] };
    const context = await bench.planned(
      script(slow, { tools: [bash('echo work > a.txt')] }),
      config(rule({ commands: ['bash(sleep:*)'] })),
    );
    const request = requestOf(await bench.host.start(context).result);
    const words = decided(request, { allowed: true, hash: request.hash });
    const { result, environment } = bench.host.start(context, { slice: 2, words, order: () => 'now' });
    await expect.poll(() => processesWith('86397.5').length, { timeout: 60_000 }).toBeGreaterThan(0);
    environment.cancel('CANCELLED');
    expect((await result).outcome).toEqual({ status: 'drained' });
    doneOf(await (await bench.elsewhere()).start(context, { slice: 3 }).result);
    expect(toldBefore(context.run, 2)).toContain('interrupted, outcome unknown');
  });

  it('lets what comes before it in an answer run, and what comes after it not', async () => {
    const answer = {
      tools: [bash('echo before > before.txt'), bash('./publish.sh two'), bash('echo after > after.txt')],
    };
    const context = await bench.planned(script(answer), publishing);
    const request = requestOf(await bench.host.start(context).result);
    const words = decided(request, { allowed: false }, 'denied by dana (cli)');
    const done = doneOf(await bench.host.start(context, { slice: 2, words }).result);
    expect(done.changed).toEqual(['before.txt']);
    expect(toldBefore(context.run, 2)).toContain('another call of the same answer waits for people');
  });

  it('is not asked about again where people have allowed exactly this call for good', async () => {
    const context = await bench.planned(script(prepare, publish), publishing);
    const request = requestOf(await bench.host.start(context).result);
    const allowedCalls = [{ key: request.key, by: 'dana', approval: 'approval:1' }];
    const answer = { tools: [bash('cd sub'), bash('./publish.sh one'), bash('./publish.sh two')] };
    const other = await bench.planned(script(prepare, answer), publishing);
    const asked = requestOf(await bench.host.start(other, { allowedCalls }).result);
    expect(asked).toMatchObject({ text: './publish.sh two', directory: '/work/sub' });
  });

  it('does not run when its directory is gone, because git does not keep empty ones', async () => {
    const answers = [
      { tools: [bash('echo keep > keep.txt; mkdir scratch && cd scratch')] },
      { tools: [bash('./publish.sh ./*')] },
    ];
    const context = await bench.planned(script(...answers), publishing);
    const request = requestOf(await bench.host.start(context).result);
    expect(request.directory).toBe('/work/scratch');
    const words = decided(request, { allowed: true, hash: request.hash });
    const done = doneOf(await (await bench.elsewhere()).start(context, { slice: 2, words }).result);
    expect(toldBefore(context.run, 3)).toContain('its directory is gone');
    expect(done.changed).toEqual(['keep.txt']);
  });

  it('ends with an error when it reads a variable that only the earlier host had', async () => {
    const answers = [{ tools: [bash('export NAME=one; echo keep > keep.txt')] }, { tools: [bash('touch "x$NAME"')] }];
    const context = await bench.planned(script(...answers), config(rule({ commands: ['bash(touch:*)'] })));
    const request = requestOf(await bench.host.start(context).result);
    const words = decided(request, { allowed: true, hash: request.hash });
    const done = doneOf(await (await bench.elsewhere()).start(context, { slice: 2, words }).result);
    expect(toldBefore(context.run, 3)).toContain('NAME: unbound variable');
    expect(done.changed).toEqual(['keep.txt']);
  });

  it('is refused together with a report, and with a restart of the shell', async () => {
    const both = {
      tools: [bash('./publish.sh one'), { name: 'report', input: { status: 'blocked', reason: 'Waits.' } }],
    };
    const context = await bench.planned(script(both), publishing);
    expect((await bench.host.start(context).result).outcome).toMatchObject({
      status: 'failed',
      reason: 'blocked: Waits.',
    });
    const restart = { tools: [{ name: 'bash', input: { command: './publish.sh one', restart: true } }] };
    const other = await bench.planned(script(restart, { tools: [bash('echo work > a.txt')] }), publishing);
    doneOf(await bench.host.start(other).result);
    expect(toldBefore(other.run, 2)).toContain('restarts the shell');
  });

  it('is refused when it has characters that do not show', async () => {
    const hidden = { tools: [bash('./publish.sh one\u200b')] };
    const context = await bench.planned(script(hidden, { tools: [bash('echo work > a.txt')] }), publishing);
    doneOf(await bench.host.start(context).result);
    expect(toldBefore(context.run, 2)).toContain('characters that do not show');
  });

  it('is refused, with the way out, when it is longer than people can look at', async () => {
    const long = { tools: [bash(`./publish.sh ${'x'.repeat(10_001)}`)] };
    const context = await bench.planned(script(long, { tools: [bash('echo work > a.txt')] }), publishing);
    doneOf(await bench.host.start(context).result);
    expect(toldBefore(context.run, 2)).toContain('too long for them to look at');
  });
});

describe('a call that a rule denies', () => {
  it('does not run, and the agent is told which rule says so', async () => {
    const context = await bench.planned(
      script({ tools: [bash('echo work > a.txt; ./publish.sh one')] }, { tools: [bash('echo work > a.txt')] }),
      config(rule({ commands: ['bash(./publish.sh:*)'], decide: 'deny' })),
    );
    const done = doneOf(await bench.host.start(context).result);
    expect(toldBefore(context.run, 2)).toMatch(/Not run: .*publish\.sh.*deny/u);
    expect(done.changed).toEqual(['a.txt']);
  });

  it.each([
    ['bash', { command: './publish.sh one', path: '/work/README.md' }],
    ['Write', { file_path: '/work/locked/a', path: '/work/open/a', content: 'x' }],
    ['Edit', { file_path: '/work/locked/a', command: 'view' }],
    ['str_replace_based_edit_tool', { command: 'create', path: '/work/locked/a', file_path: '/work/open/a' }],
  ])('is judged by the fields that %s reads, whatever else the call has', (name, input) => {
    const denies = {
      ...defaultConfig,
      policy: [rule({ commands: ['bash(./publish.sh:*)', 'edit(locked/**)'], decide: 'deny' })],
    };
    expect(toolRules(denies).judge({ id: 't', name, input })).toMatchObject({ decide: 'deny' });
    for (const value of Object.values(input)) expect(textOf({ id: 't', name, input })).toContain(value);
  });

  it('may be an edit', async () => {
    const edit = (path: string) => ({
      name: 'str_replace_based_edit_tool',
      input: { command: 'create', path, file_text: 'x\n' },
    });
    const context = await bench.planned(
      script({ tools: [edit('/work/locked/a.txt'), edit('/work/open/a.txt')] }),
      config(rule({ commands: ['edit(locked/**)'], decide: 'deny' })),
    );
    expect(doneOf(await bench.host.start(context).result).changed).toEqual(['open/a.txt']);
  });
});
