// Claude Code when it fails, and when programs in its sandbox turn against it.

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClaudeBench } from './claude-bench.ts';
import { agent, bash, openClaudeBench, overloaded } from './claude-bench.ts';
import { doneOf } from '../agent/slice-bench.ts';
import { claudeSteps } from './claude-steps.ts';
import { cleanUp, git, setHook } from '../git/make-repository.ts';
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

describe('a session of Claude Code', () => {
  it('is not over when an answer was cut off and the model is away then', async () => {
    let down = true;
    const context = await claude.planned((request) => {
      if (request.turn === 1) return { text: 'I now continue to write', stop: 'max_tokens' };
      if (request.turn === 2 && down) return overloaded;
      return claudeSteps(bash('echo half > a.txt'), {}, bash('echo whole > a.txt'))(request);
    });
    await expect(claude.bench.host.start(context).result).rejects.toMatchObject({ type: 'ModelUnavailable' });
    down = false;
    const result = await claude.bench.host.start(context, { attempt: 2 }).result;
    expect(claude.show(doneOf(result).result, 'a.txt')).toBe('whole');
  });

  it('keeps its limit of time when the process is stopped', async () => {
    const config = { agent: { ...agent, maxSeconds: 4 } };
    const context = await claude.planned(claudeSteps(bash('kill -STOP $PPID')), { config });
    const { outcome } = await claude.bench.host.start(context).result;
    expect(outcome).toMatchObject({ status: 'failed', reason: expect.stringMatching(/agent\.maxTime/) });
  });

  it('is told when its process was killed, and continues', async () => {
    const context = await claude.planned(
      claudeSteps(bash('echo one > a.txt; kill -9 $PPID'), bash('echo two >> a.txt')),
    );
    const result = await claude.bench.host.start(context).result;
    expect(claude.show(doneOf(result).result, 'a.txt')).toBe('one\ntwo');
    expect(claude.bench.asked(context.run)).toHaveLength(3);
    const messages = JSON.stringify(claude.bench.asked(context.run)[1]?.messages);
    expect(messages).toContain('Your session was ended by SIGKILL');
    expect(messages).toContain('interrupted, outcome unknown');
  });

  it('does no harm to its host by what is written into its output', async () => {
    const flood = 'head -c 200000000 /dev/zero | tr "\\0" x > /proc/$PPID/fd/1; sleep 30';
    const context = await claude.planned(claudeSteps(bash(flood), bash('echo work > a.txt')));
    const result = await claude.bench.host.start(context).result;
    expect(claude.show(doneOf(result).result, 'a.txt')).toBe('work');
  });

  it('does no harm to its host by requests that are made beside its own', async () => {
    const many = [
      `{ printf '{"max_tokens":9,"tools":[{"name":"mcp__coppice__report"}],"messages":['`,
      `yes '{"role":"user","content":[1,2,3]},' | head -c 15000000; echo '{}]}'; } > /tmp/body`,
      'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do',
      'curl -s -m 20 -o /dev/null --unix-socket /run/coppice-model/socket -d @/tmp/body http://x/v1/messages & done; wait',
      'echo work > a.txt',
    ].join('\n');
    const context = await claude.planned(claudeSteps(bash(many)));
    const result = await claude.bench.host.start(context).result;
    expect(claude.show(doneOf(result).result, 'a.txt')).toBe('work');
    expect(claude.bench.asked(context.run)).toHaveLength(2);
  });

  it('fails with its name when its conversation is too long for the model, after few calls', async () => {
    const error = { status: 400, type: 'invalid_request_error', message: 'prompt is too long: 210000 tokens > 200000' };
    const context = await claude.planned((request) =>
      request.turn === 0 ? claudeSteps(bash('echo one > a.txt'))(request) : { error },
    );
    const { outcome } = await claude.bench.host.start(context).result;
    expect(outcome).toMatchObject({ status: 'failed', reason: expect.stringMatching(/^context: /) });
    expect(claude.bench.asked(context.run).length).toBeLessThanOrEqual(4);
  });

  it('ends with what the model’s server says to a request that it rejects', async () => {
    const error = { status: 400, type: 'invalid_request_error', message: 'no such model' };
    const context = await claude.planned(() => ({ error }));
    const { outcome } = await claude.bench.host.start(context).result;
    expect(outcome).toMatchObject({ reason: expect.stringMatching(/^error: ModelRequestRejected: .*no such model/) });
    expect(claude.bench.asked(context.run).length).toBeLessThanOrEqual(3);
  });

  it.each([0, 1])('continues with its tools when its conversation could not be made shorter (%i)', async (fullAt) => {
    const context = await claude.planned((request) => {
      if (said(request).includes('Respond with TEXT ONLY')) return { text: 'I cannot.', stop: 'refusal' };
      const steps = claudeSteps(bash('echo one > a.txt'), bash('echo two >> a.txt'), bash('echo three >> a.txt'));
      return { ...steps(request), usage: { input_tokens: request.turn === fullAt ? 190_000 : 1_000 } };
    });
    const result = await claude.bench.host.start(context).result;
    expect(claude.show(doneOf(result).result, 'a.txt')).toBe('one\ntwo\nthree');
    // After the first answer there is nothing yet that a summary could leave out.
    expect(claude.bench.asked(context.run)).toHaveLength(fullAt === 0 ? 4 : 5);
  });

  it('has an answer again that was paid for and could not be stored', async () => {
    const { state } = claude.bench;
    const flag = join(state, 'fail');
    writeFileSync(flag, '');
    const isAnswer = 'read -r old new ref; git cat-file -e "$new:.coppice/turns/000002.json" 2> /dev/null';
    setHook(state, 'pre-receive', `if ${isAnswer} && test -e '${flag}'; then rm '${flag}'; exit 1; fi`);
    let asked = 0;
    const context = await claude.planned((request) => {
      asked += 1;
      const answer = claudeSteps(bash('echo one > a.txt'), bash('echo two >> a.txt'))(request);
      return asked === 2 ? { ...answer, delayMs: 1_500 } : answer;
    });
    const slice = claude.bench.host.start(context, { order: () => 'now' });
    const first = slice.result.catch((error: unknown) => error);
    await vi.waitFor(() => expect(asked).toBe(2), { timeout: 60_000, interval: 20 });
    slice.environment.cancel('CANCELLED');
    expect(await first).toMatchObject({ outcome: { reason: expect.stringMatching(/^error: PushRefused: /) } });
    rmSync(join(state, 'hooks', 'pre-receive'));
    const turns = git(state, 'ls-tree', '-r', '--name-only', stateRefs.unit(context.run, unit('a')));
    expect(turns).toContain('.coppice/turns/000002.json');
    const result = await claude.bench.host.start(context, { attempt: 2 }).result;
    // Its tools have not run: it is for the agent to look.
    expect(claude.show(doneOf(result).result, 'a.txt')).toBe('one');
    expect(JSON.stringify(claude.bench.asked(context.run)[2]?.messages)).toContain('interrupted, outcome unknown');
    expect(claude.bench.asked(context.run)).toHaveLength(3);
  });
});
