// The real Claude Code, as a process in the real sandbox, against the scripted model.

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { PersonMessage } from '../../contracts/activities/agent.ts';
import type { ClaudeBench } from './claude-bench.ts';
import { bash, openClaudeBench, overloaded } from './claude-bench.ts';
import { doneOf } from '../agent/slice-bench.ts';
import { allGone, processesWith } from '../sandbox/fixtures.ts';
import { claudeSteps } from './claude-steps.ts';
import { cleanUp, git, notePushes, temporaryFolder } from '../git/make-repository.ts';
import { defaultConfig } from '../../contracts/documents/config.ts';
import { openSliceHost } from '../agent/slice-host.ts';
import { said } from '../e2e/scripts.ts';
import { stateRefs } from '../../contracts/ids.ts';
import { unit } from '../domain/fixtures.ts';

let claude: ClaudeBench;

beforeAll(async () => {
  claude = await openClaudeBench();
}, 180_000);
afterAll(async () => {
  await claude.bench.close();
  cleanUp();
});

const report = (input: object) => ({ mcp__coppice__report: input });
const ask = (question: string) => ({ mcp__coppice__ask_person: { question } });
/** What has come since the answer before, in the n-th request. */
const resultsBefore = (run: string, n: number) => {
  const { messages = [] } = claude.bench.asked(run)[n - 1] ?? {};
  return JSON.stringify(messages.slice(messages.findLastIndex(({ role }) => role === 'assistant')));
};

describe('Claude Code', () => {
  it('does a unit, whose work, costs and words pass the same gates', async () => {
    const context = await claude.planned(claudeSteps(bash('echo work > a.txt')));
    const { result, heartbeats } = claude.bench.host.start(context);
    const { totals, ...rest } = await result;
    const done = doneOf({ totals, ...rest });
    expect(done).toMatchObject({ base: context.base, changed: ['a.txt'] });
    expect(claude.show(done.result, 'a.txt')).toBe('work');
    expect(totals).toMatchObject({ turns: 2, hosts: ['here'], estimated: false });
    expect(totals.costUsd).toBeGreaterThan(0);
    expect(heartbeats.at(-1)).toMatchObject({ host: 'here', turn: 2 });
    // A call is in flight until its answer is stored.
    expect(new Set(heartbeats.map(({ turn, modelCall }) => `${turn} ${modelCall}`))).toEqual(
      new Set(['0 false', '0 true', '1 false', '1 true', '2 false']),
    );
    expect(claude.bench.toldBefore(context.run, 1)).toMatch(/A goal.*Write it\..*Be kind\./s);
    expect(claude.bench.asked(context.run)).toHaveLength(2);
  });

  it('edits files with its own tools, and is told what the check says', async () => {
    const write = (text: string) => ({ Write: { file_path: '/work/a.txt', content: text } });
    const edit = { Edit: { file_path: '/work/a.txt', old_string: 'bad', new_string: 'good' } };
    const context = await claude.planned(
      (request) => {
        if (request.turn === 0) return claudeSteps(write('bad'))(request);
        if (request.turn === 2 && said(request).includes('it is bad')) return claudeSteps({}, {}, edit)(request);
        return { text: 'Done.' };
      },
      {
        config: {
          verify: [{ name: 'check', run: 'grep good a.txt || { echo it is bad; exit 1; }', timeoutSeconds: 20 }],
        },
      },
    );
    const result = await claude.bench.host.start(context).result;
    expect(claude.show(doneOf(result).result, 'a.txt')).toBe('good');
    expect(result.totals.turns).toBe(4);
  });

  it('reports, and is not asked again', async () => {
    const context = await claude.planned(claudeSteps({ ...bash('echo work > a.txt'), ...report({ status: 'done' }) }));
    const result = await claude.bench.host.start(context).result;
    expect(claude.show(doneOf(result).result, 'a.txt')).toBe('work');
    expect(claude.bench.asked(context.run)).toHaveLength(1);
    const blocked = await claude.planned(claudeSteps(report({ status: 'blocked', reason: 'No such API.' })));
    expect((await claude.bench.host.start(blocked).result).outcome).toEqual({
      status: 'failed',
      reason: 'blocked: No such API.',
    });
  });

  it('asks a person, and continues with the answer on another host', async () => {
    const context = await claude.planned(
      claudeSteps({ ...bash('echo work > a.txt'), ...ask('Which?') }, bash('echo x >> a.txt')),
    );
    const { outcome, totals } = await claude.bench.host.start(context).result;
    expect(outcome).toMatchObject({ status: 'question', question: 'Which?' });
    expect(totals.turns).toBe(1);
    const call = outcome.status === 'question' ? outcome.call : '';
    const words: PersonMessage[] = [{ id: 'answer:1', by: 'dana', text: 'The blue one.', call }];
    const there = await claude.bench.elsewhere();
    const result = await there.start(context, { slice: 2, words }).result;
    expect(claude.show(doneOf(result).result, 'a.txt')).toBe('work\nx');
    expect(resultsBefore(context.run, 2)).toContain('dana answers:\\n\\nThe blue one.');
    expect(result.totals).toMatchObject({ turns: 3, hosts: ['here', 'there'] });
  });

  describe('a command that people must allow', () => {
    const policy = [
      { action: 'tool', commands: ['bash(sh publish.sh:*)', 'bash(cat:*)'], decide: 'ask', paths: [], by: [] },
    ] as const;
    const script = (command: string) =>
      claudeSteps(
        bash("mkdir -p sub && cd sub && echo 'pwd >> /work/ran.txt' > publish.sh"),
        bash('cd /work/sub && pwd'),
        bash(command),
      );

    async function asked(command = 'sh publish.sh') {
      const context = await claude.planned(script(command), { config: { policy } });
      const { outcome } = await claude.bench.host.start(context).result;
      if (outcome.status !== 'tool') throw new Error(JSON.stringify(outcome));
      return { context, request: outcome.request };
    }

    it('is shown as it would run, and runs once, where it was to run, on another host', async () => {
      const { context, request } = await asked();
      expect(request).toMatchObject({ tool: 'Bash', text: 'sh publish.sh', matched: ['sh publish.sh'] });
      const { call, hash } = request;
      const decision = { allowed: true, hash } as const;
      const words: PersonMessage[] = [{ id: 'approval:1', by: 'approved by dana (cli)', text: null, call, decision }];
      const there = await claude.bench.elsewhere();
      const done = doneOf(await there.start(context, { slice: 2, words }).result);
      expect(claude.show(done.result, 'ran.txt')).toBe(request.directory);
    });

    // Claude Code itself would run the second without asking anybody.
    it.each(['sh publish.sh', 'cat publish.sh'])('is answered with people’s reason: %s', async (command) => {
      const { context, request } = await asked(command);
      const decision = { allowed: false } as const;
      const why = 'denied by dana (cli): not on Fridays';
      const words: PersonMessage[] = [{ id: 'approval:1', by: 'Coppice', text: why, call: request.call, decision }];
      const done = doneOf(await claude.bench.host.start(context, { slice: 2, words }).result);
      expect(resultsBefore(context.run, 4)).toContain(why);
      expect(done.changed).toEqual(['sub/publish.sh']);
    });
  });

  it('hears a message with its next turn', async () => {
    const context = await claude.planned((request) => {
      const told = said(request).includes('Use tabs.');
      return claudeSteps(bash('echo spaces > a.txt'), ...(told ? [{}, bash('echo tabs > a.txt')] : []))(request);
    });
    const words: PersonMessage[] = [{ id: 'message:1', by: 'dana', text: 'Use tabs.', call: null }];
    doneOf(await claude.bench.host.start(context).result);
    const result = await claude.bench.host.start(context, { slice: 2, words }).result;
    expect(claude.show(doneOf(result).result, 'a.txt')).toBe('tabs');
  });

  it('drains after the turn in flight, and continues elsewhere', async () => {
    let draining = false;
    const parts = {
      modelUrl: claude.bench.model.url,
      hostId: 'going',
      claudeCode: claude.installedIn,
      draining: () => draining,
    };
    const going = await openSliceHost(parts);
    const context = await claude.planned((request) => {
      draining = true;
      return claudeSteps(bash('echo one > a.txt'), bash('echo two >> a.txt'))(request);
    });
    expect((await going.start(context).result).outcome).toEqual({ status: 'drained' });
    const result = await claude.bench.host.start(context, { slice: 2 }).result;
    expect(claude.show(doneOf(result).result, 'a.txt')).toBe('one\ntwo');
    expect(result.totals).toMatchObject({ turns: 3, hosts: ['going', 'here'] });
  });

  it('stops at its budget, within the call in flight', async () => {
    const context = await claude.planned((request) => ({
      ...claudeSteps(bash('echo x >> a.txt'), bash('echo x >> a.txt'), bash('echo x >> a.txt'))(request),
      usage: { output_tokens: 100_000 },
    }));
    const { outcome, totals } = await claude.bench.host.start(context, { spendUpToUsd: 2 }).result;
    expect(outcome).toEqual({ status: 'budget' });
    expect(totals.turns).toBe(2);
    expect(claude.bench.asked(context.run)).toHaveLength(2);
  });

  it('is told once when its money is nearly spent, and continues with the same conversation', async () => {
    const steps = claudeSteps(bash('echo one > a.txt'), bash('echo two >> a.txt'), bash('echo three >> a.txt'));
    const context = await claude.planned((request) => ({
      ...steps(request),
      usage: { input_tokens: 0, output_tokens: request.turn === 1 ? 54_000 : 10 },
    }));
    const result = await claude.bench.host.start(context, { limitUsd: 1 }).result;
    expect(claude.show(doneOf(result).result, 'a.txt')).toBe('one\ntwo\nthree');
    expect(claude.bench.asked(context.run)).toHaveLength(4);
    expect(claude.bench.toldBefore(context.run, 2)).not.toContain('may cost');
    expect(claude.bench.toldBefore(context.run, 4).split('You have spent')).toHaveLength(2);
  });

  it('leaves it to Temporal to ask a model again that is away, and keeps what the tools did', async () => {
    let down = true;
    const context = await claude.planned((request) =>
      request.turn === 1 && down ? overloaded : claudeSteps(bash('echo work > a.txt; echo written'))(request),
    );
    await expect(claude.bench.host.start(context).result).rejects.toMatchObject({ type: 'ModelUnavailable' });
    expect(claude.bench.asked(context.run)).toHaveLength(2);
    down = false;
    const there = await claude.bench.elsewhere();
    const done = doneOf(await there.start(context, { attempt: 2 }).result);
    expect(claude.show(done.result, 'a.txt')).toBe('work');
    const told = JSON.stringify(claude.bench.asked(context.run)[2]?.messages);
    expect(told).toContain('written');
    expect(told).not.toContain('It has run already');
  });

  it('runs no tool of an answer that was cut off', async () => {
    const context = await claude.planned((request) =>
      request.turn === 0
        ? { ...claudeSteps(bash('echo bad > b.txt'))(request), stop: 'max_tokens' }
        : claudeSteps({}, bash('echo work > a.txt'))(request),
    );
    expect(doneOf(await claude.bench.host.start(context).result).changed).toEqual(['a.txt']);
    const partial = await claude.planned(() => ({ tools: [{ name: 'Bash', input: '{"command": "echo x > a.t' }] }));
    await expect(claude.bench.host.start(partial).result).rejects.toMatchObject({ type: 'ModelUnavailable' });
    expect(claude.bench.asked(partial.run)).toHaveLength(1);
  });

  it('ends with its tools when it is cancelled, and keeps its checkpoint', async () => {
    const mark = '86396.25';
    const context = await claude.planned(claudeSteps(bash('echo one > a.txt'), bash(`sleep ${mark}`)));
    const { result, environment, heartbeats } = claude.bench.host.start(context);
    const ended = result.catch((error: unknown) => error);
    await vi.waitFor(() => expect(processesWith(mark)).not.toEqual([]), 15_000);
    environment.cancel();
    expect(await ended).toMatchObject({ name: 'CancelledFailure' });
    expect(await allGone(mark)).toBe(true);
    expect(claude.show(heartbeats.at(-1)?.checkpoint ?? '', 'a.txt')).toBe('one');
  });

  it('continues elsewhere after its host was killed in the middle of a tool, without asking for a turn twice', async () => {
    const mark = '86396.75';
    const script = claudeSteps(
      bash('echo one > a.txt'),
      bash(`echo lost >> a.txt; sleep ${mark}`),
      bash('echo two >> a.txt'),
    );
    const context = await claude.planned(script);
    const program = join(import.meta.dirname, '../agent/fixtures/run-slice-until-killed.ts');
    const args = [program, temporaryFolder(), claude.bench.model.url, JSON.stringify(context), claude.installedIn];
    const doomed = spawn(process.execPath, args, { stdio: 'ignore' });
    await vi.waitFor(() => expect(processesWith(mark)).not.toEqual([]), 20_000);
    doomed.kill('SIGKILL');
    await once(doomed, 'exit');
    expect(await allGone(mark)).toBe(true);
    const there = await claude.bench.elsewhere();
    const result = await there.start(context, { attempt: 2 }).result;
    expect(claude.show(doneOf(result).result, 'a.txt')).toBe('one\ntwo');
    expect(result.totals).toMatchObject({ turns: 4, hosts: ['doomed', 'there'] });
    expect(claude.bench.asked(context.run)).toHaveLength(4);
    expect(resultsBefore(context.run, 3)).toContain('interrupted, outcome unknown');
  });

  it('continues elsewhere after its host was killed while the model thought, and repeats no command', async () => {
    let isDead = false;
    const context = await claude.planned((request) =>
      request.turn === 1 && !isDead ? { hang: 'after-headers' } : claudeSteps(bash('echo ran >> count.txt'))(request),
    );
    const pushes = notePushes(claude.bench.state);
    const script = join(import.meta.dirname, '../agent/fixtures/run-slice-until-killed.ts');
    const args = [script, temporaryFolder(), claude.bench.model.url, JSON.stringify(context), claude.installedIn];
    const doomed = spawn(process.execPath, args, { stdio: 'ignore' });
    const exit = once(doomed, 'exit');
    const ref = stateRefs.unit(context.run, unit('a'));
    // The answer before its command runs, and what the command did.
    await vi.waitFor(() => expect(pushes(ref)).toHaveLength(2), { timeout: 60_000, interval: 20 });
    doomed.kill('SIGKILL');
    expect(await exit).toEqual([null, 'SIGKILL']);
    isDead = true;
    const result = await (await claude.bench.elsewhere()).start(context, { attempt: 2 }).result;
    expect(claude.show(doneOf(result).result, 'count.txt')).toBe('ran');
    expect(result.totals).toMatchObject({ turns: 2, hosts: ['doomed', 'there'] });
    expect(JSON.stringify(claude.bench.asked(context.run).at(-1)?.messages)).not.toContain('interrupted');
  });

  it('makes a long conversation shorter by itself, and continues with the summary on another host', async () => {
    let down = true;
    const context = await claude.planned((request) => {
      const words = said(request);
      if (words.includes('Respond with TEXT ONLY')) return { text: '<summary>All there is to know.</summary>' };
      if (words.includes('All there is to know.')) {
        return down
          ? overloaded
          : { ...(request.turn > 1 ? { text: 'Done.' } : claudeSteps({}, bash('echo x >> a.txt'))(request)) };
      }
      return { ...claudeSteps(bash('echo work > a.txt'), bash('ls'))(request), usage: { input_tokens: 190_000 } };
    });
    await expect(claude.bench.host.start(context).result).rejects.toMatchObject({ type: 'ModelUnavailable' });
    down = false;
    const there = await claude.bench.elsewhere();
    const result = await there.start(context, { attempt: 2 }).result;
    expect(claude.show(doneOf(result).result, 'a.txt')).toMatch(/^work/);
  });

  it('has no network, no key, and no settings of the repository', async () => {
    const hooks = { PreToolUse: [{ hooks: [{ type: 'command', command: 'echo planted > /work/planted.txt' }] }] };
    const servers = { mcpServers: { evil: { command: 'sh', args: ['-c', 'echo planted > /work/planted.txt'] } } };
    const plant = `mkdir .claude; echo '${JSON.stringify({ hooks })}' > .claude/settings.json; echo '${JSON.stringify(servers)}' > .mcp.json`;
    const look = 'env; cat /proc/[0-9]*/environ | tr "\\0" "\\n"; curl -sS -m 3 http://1.1.1.1; echo "curl: $?"';
    const context = await claude.planned(claudeSteps(bash(plant), bash('true'), bash(look)), {
      unit: { scope: ['.claude/**', '.mcp.json'] },
    });
    // A second process, which finds what the first one has left in the worktree.
    expect((await claude.bench.host.start(context, { spendUpToUsd: 1e-9 }).result).outcome).toEqual({
      status: 'budget',
    });
    const result = await claude.bench.host.start(context, { slice: 2 }).result;
    expect(doneOf(result).changed).toEqual(['.claude/settings.json', '.mcp.json']);
    const seen = JSON.stringify(claude.bench.asked(context.run).at(-1)?.messages);
    expect(seen).toMatch(/curl: (7|28)/);
    expect(seen).toContain('ANTHROPIC_API_KEY=none');
    expect(seen).not.toContain('API_KEY=key');
  });

  it('lets commands in the sandbox have no conversation of their own', async () => {
    const call = `curl -sS --unix-socket /run/coppice-model/socket -H 'content-type: application/json' -d '{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}' http://x/v1/messages; curl -sS --unix-socket /run/coppice-model/socket http://x/v1/models`;
    const context = await claude.planned(claudeSteps(bash(`${call}; echo work > a.txt`)));
    const result = await claude.bench.host.start(context).result;
    expect(doneOf(result).changed).toEqual(['a.txt']);
    expect(claude.bench.asked(context.run)).toHaveLength(2);
    expect(resultsBefore(context.run, 2)).toContain('only the conversation of the session itself is served here');
  });

  it('keeps a variable that it gives to commands out of the conversation and of its checkpoints', async () => {
    const token = 'npm_0123456789abcdefghij';
    const env = { NPM_TOKEN: token };
    const other = await openSliceHost({
      modelUrl: claude.bench.model.url,
      hostId: 'other',
      claudeCode: claude.installedIn,
      env,
    });
    const context = await claude.planned(
      claudeSteps(bash('echo "token: $NPM_TOKEN" > /tmp/x; cat /tmp/x; echo work > a.txt')),
      {
        config: { sandbox: { ...defaultConfig.sandbox, env: ['NPM_TOKEN'] } },
      },
    );
    doneOf(await other.start(context).result);
    expect(resultsBefore(context.run, 2)).toContain('token: [redacted]');
    const kept = git(claude.bench.state, 'log', '-p', '-m', stateRefs.unit(context.run, unit('a')));
    expect(kept).toContain('token: [redacted]');
    expect(kept).not.toContain(token);
  });

  it('is refused on a host that has none, with what to do', async () => {
    const without = await openSliceHost({ modelUrl: claude.bench.model.url, hostId: 'without' });
    const context = await claude.planned(claudeSteps(bash('echo work > a.txt')));
    const { outcome } = await without.start(context).result;
    expect(outcome).toMatchObject({
      reason: expect.stringMatching(/^error: DriverMissing: .*@anthropic-ai\/claude-agent-sdk/),
    });
    expect(claude.bench.asked(context.run)).toEqual([]);
  });
});
