import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { SliceHeartbeat } from '../../contracts/activities/agent.ts';
import type { ReplyFunction } from '../fakes/model-server.ts';
import { allGone, processesWith } from '../sandbox/fixtures.ts';
import { git, temporaryFolder } from '../git/make-repository.ts';
import { openSliceHost, type planRun } from './slice-host.ts';
import { type SliceBench, doneOf, useBench } from './slice-bench.ts';
import { said, steps } from '../e2e/scripts.ts';
import { defaultConfig } from '../../contracts/documents/config.ts';
import { stateRefs } from '../../contracts/ids.ts';
import { unit } from '../domain/fixtures.ts';

let bench: SliceBench;
useBench((opened) => (bench = opened));

const planned: SliceBench['planned'] = (script, parts) => bench.planned(script, parts);
const verify = (run: string) => [{ name: 'check', run, timeoutSeconds: 20 }];
const show = (commit: string, path: string) => git(bench.state, 'show', `${commit}:${path}`);

describe('a slice', () => {
  it('ends with one commit that carries the work and the trailers', async () => {
    const context = await planned(steps('echo work > a.txt'));
    const { result, heartbeats } = bench.host.start(context);
    const { totals, ...rest } = await result;
    const done = doneOf({ totals, ...rest });
    expect(done).toMatchObject({ base: context.base, changed: ['a.txt'], verdict: { decide: 'allow' } });
    expect(show(done.result, 'a.txt')).toBe('work');
    expect(git(bench.state, 'log', '-1', '--format=%P%n%B', done.result)).toBe(
      `${context.base}\nWrite a file\n\nCoppice-Run: ${context.run}\nCoppice-Unit: a\nRequested-by: dana`,
    );
    expect(totals).toMatchObject({ turns: 2, hosts: ['here'], estimated: false });
    expect(heartbeats.at(-1)).toMatchObject({ host: 'here', turn: 2, checkpoint: expect.stringMatching(/^\w{40}$/) });
    expect(bench.toldBefore(context.run, 1)).toMatch(/A goal.*Write it\..*Be kind\./s);
    expect(readdirSync(join(bench.host.home, 'sessions'))).toEqual([]);
  });

  it('shows people whom a rule asks what the agent says, how the change begins, what passed and what it cost', async () => {
    const rule = { action: 'merge', paths: [], decide: 'ask', by: [] } as const;
    const context = await planned(
      ({ turn }) =>
        turn === 0
          ? { text: 'First.', tools: [{ name: 'bash', input: { command: 'echo work > a.txt; rm shared.txt' } }] }
          : { text: 'I wrote a.txt\u001b[2J.\nNothing reads shared.txt.' },
      { config: { ...defaultConfig, policy: [rule], verify: verify('test -e a.txt') } },
    );
    const { preview, changed } = doneOf(await bench.host.start(context).result);
    expect(changed).toEqual(['a.txt', 'shared.txt']);
    expect(preview).toMatchObject({
      words: 'I wrote a.txt\\x1b[2J.\nNothing reads shared.txt.',
      files: [
        { path: 'a.txt', additions: 1, deletions: 0 },
        { path: 'shared.txt', additions: 0, deletions: expect.any(Number) },
      ],
      diff: expect.stringMatching(/^diff --git a\/a\.txt b\/a\.txt\nnew file[^]*\+work\n[^]*deleted file/),
      checks: ['check'],
      costUsd: expect.any(Number),
    });
  });

  it('makes a checkpoint only where there is something to keep', async () => {
    const context = await planned(steps('echo work > a.txt'));
    const { result } = doneOf(await bench.host.start(context).result);
    const ref = `refs/coppice/runs/${context.run}/units/a`;
    const checkpoints = git(bench.state, 'log', '--reverse', '--format=%H', '--grep=^Checkpoint of a', ref).split('\n');
    const kept = checkpoints.map((sha) => git(bench.state, 'ls-tree', '-r', '--name-only', sha).split('\n'));
    const first = ['.coppice/attempt.json', '.coppice/prefix.json', 'AGENTS.md', 'README.md', 'shared.txt'];
    const turn = (n: number) => `.coppice/turns/00000${n}.json`;
    // The answer before its command runs, which is the claim too; the work, if the model needs longer for the next answer
    // than a snapshot; and that answer with the result.
    const [claim, ...others] = kept;
    expect(claim).toEqual([...first, turn(1)].toSorted());
    expect(others.at(-1)).toEqual([...first, turn(1), turn(2), 'a.txt'].toSorted());
    expect(others.slice(0, -1)).toEqual(others.length === 2 ? [[...first, turn(1), 'a.txt'].toSorted()] : []);
    expect(git(bench.state, 'log', '-1', '--format=%P', ref).split(' ')).toContain(result);
  });

  it('tells the agent what its check says, and continues until it is green', async () => {
    const context = await planned(
      (request) => {
        const fixed = said(request).includes('it is bad');
        const text = fixed ? 'good' : 'bad';
        return request.turn % 2 === 0 ? steps(`echo ${text} > a.txt`)({ ...request, turn: 0 }) : { text: 'Done.' };
      },
      { config: { verify: verify('grep -q good a.txt || { echo it is bad; exit 1; }') } },
    );
    const result = await bench.host.start(context).result;
    expect(show(doneOf(result).result, 'a.txt')).toBe('good');
    expect(result.totals.turns).toBe(4);
  });

  const failures = [
    ['check-failed', steps('echo x > a.txt'), { config: { verify: verify('false') } }, 3],
    [
      'check-failed',
      (request) =>
        request.turn % 2 === 0 ? steps(`echo ${request.turn} > a.txt`)({ ...request, turn: 0 }) : { text: 'Done.' },
      { config: { verify: verify('false') } },
      8,
    ],
    ['out-of-scope', steps('echo x > b.txt'), { unit: { scope: ['a/**'] } }, 3],
    ['out-of-scope: links', steps('ln -s /etc/passwd a.txt'), {}, 3],
    ['no-change', () => ({ text: 'Done.' }), {}, 2],
    [
      'turn-limit',
      () => ({ tools: [{ name: 'bash', input: { command: 'echo x >> a.txt' } }] }),
      { unit: { maxTurns: 2 } },
      2,
    ],
    ['stuck', () => ({ tools: [{ name: 'bash', input: { command: 'date +%s%N' } }] }), {}, 12],
    ['refused', () => ({ text: 'I will not.', stop: 'refusal' }), {}, 1],
  ] satisfies [string, ReplyFunction, Parameters<typeof planRun>[2], number][];
  it.each(failures)('fails with %s when telling does not help', async (code, script, parts, turns) => {
    const { outcome, totals } = await bench.host.start(await planned(script, parts)).result;
    expect(outcome).toMatchObject({ status: 'failed', reason: expect.stringMatching(new RegExp(`^${code}`)) });
    expect(totals.turns).toBe(turns);
  });

  it('gives its commands names, and ports that no other session has', async () => {
    const say = 'echo "$COPPICE_RUN $COPPICE_UNIT $COPPICE_PORT_BASE $COPPICE_PORT_COUNT" > a.txt';
    const check = { verify: verify('test "$COPPICE_PORT_BASE" = "$(cut -d " " -f 3 a.txt)"') };
    const contexts = [await planned(steps(say), { config: check }), await planned(steps(say), { config: check })];
    const results = await Promise.all(contexts.map((context) => bench.host.start(context).result));
    const lines = results.map((result) => show(doneOf(result).result, 'a.txt').split(' '));
    expect(lines.map(([run, name, , count]) => [run, name, count])).toEqual(
      contexts.map(({ run }) => [run, 'a', '10']),
    );
    expect(lines[0]?.[2]).not.toBe(lines[1]?.[2]);
  });

  it('checks as CI does, while the agent’s own commands are not CI', async () => {
    const check = verify('test "$CI" = true && test "$(cat a.txt)" = "agent:"');
    const context = await planned(steps('echo "agent:$CI" > a.txt'), { config: { verify: check } });
    expect(show(doneOf(await bench.host.start(context).result).result, 'a.txt')).toBe('agent:');
  });

  it('keeps a variable that it gives to commands out of the conversation and of its checkpoints', async () => {
    const token = 'npm_0123456789abcdefghij';
    const other = await openSliceHost({ modelUrl: bench.model.url, hostId: 'other', env: { NPM_TOKEN: token } });
    const check = verify('grep -q good a.txt || { echo "the check saw $NPM_TOKEN"; exit 1; }');
    const context = await planned(
      (request) => {
        const told = said(request).includes('the check saw [redacted]');
        return request.turn % 2 === 0
          ? steps(`echo ${told ? 'good' : 'bad'} > a.txt; echo "token: $NPM_TOKEN"`)({ ...request, turn: 0 })
          : { text: 'Done.' };
      },
      { config: { verify: check, sandbox: { ...defaultConfig.sandbox, env: ['NPM_TOKEN'] } } },
    );
    doneOf(await other.start(context).result);
    const kept = git(bench.state, 'log', '-p', '-m', stateRefs.unit(context.run, unit('a')));
    expect(kept).toContain('token: [redacted]');
    expect(kept).not.toContain(token);
  });

  it('tells the agent when its work cannot be stored, and continues when it is fixed', async () => {
    const context = await planned(
      steps('mkdir big && head -c 150000000 /dev/zero > big/zero', 'rm -r big; echo a > a.txt'),
    );
    const { result, changed } = doneOf(await bench.host.start(context).result);
    expect([show(result, 'a.txt'), changed]).toEqual(['a', ['a.txt']]);
    expect(bench.toldBefore(context.run, 2)).not.toContain('cannot be kept');
    expect(bench.toldBefore(context.run, 3)).toContain('more than 100 MB of new content');
  });

  it('fails with the reason when work that cannot be stored is not fixed, and keeps the conversation', async () => {
    const context = await planned(steps('mkdir big && head -c 150000000 /dev/zero > big/zero'));
    const { outcome, totals } = await bench.host.start(context).result;
    expect(outcome).toMatchObject({ status: 'failed', reason: expect.stringMatching(/^unstorable: .*100 MB/) });
    const next = await (await bench.elsewhere()).start(context, { slice: 2 }).result;
    expect(next.totals.turns).toBeGreaterThanOrEqual(totals.turns);
  });

  it('is given back by a host that has too little room, before anything is spent', async () => {
    const context = await planned(steps('echo a > a.txt'));
    const full = await openSliceHost({ modelUrl: bench.model.url, hostId: 'full', full: true });
    await expect(full.start(context).result).rejects.toMatchObject({ type: 'HostFull', nextRetryDelay: 15_000 });
    expect(bench.asked(context.run)).toEqual([]);
    expect((await bench.host.start(context, { attempt: 2 }).result).outcome.status).toBe('done');
  });

  it('asks nothing of a model when the setup fails', async () => {
    const setup = { run: 'echo no such package; exit 3', network: false, timeoutSeconds: 20 };
    const context = await planned(steps('true'), { config: { setup } });
    await expect(bench.host.start(context).result).rejects.toMatchObject({ type: 'SetupFailed' });
    expect(bench.asked(context.run)).toEqual([]);
    expect(readdirSync(join(bench.host.home, 'sessions'))).toEqual([]);
  });

  it('puts a conflict before the agent with git’s markers, and takes the work only without them', async () => {
    const context = await planned((request) => {
      const told = said(request);
      if (told.includes('still conflict markers')) return steps('', '', '', 'echo both > shared.txt')(request);
      return request.turn === 0 ? steps('echo ours > shared.txt')(request) : { text: 'Done.' };
    });
    const { result } = doneOf(await bench.host.start(context).result);
    const onto = bench.remote.push({ 'shared.txt': 'theirs\n' });
    const feedback = { kind: 'conflict', onto, result, paths: ['shared.txt'] } as const;
    const done = doneOf(await bench.host.start(context, { slice: 2, feedback }).result);
    expect(done.base).toBe(onto);
    expect(show(done.result, 'shared.txt')).toBe('both');
    expect(bench.toldBefore(context.run, 3)).toMatch(
      /conflict.*- shared\.txt: both sides have changed the same lines/s,
    );
    expect(bench.toldBefore(context.run, 4)).toMatch(/still conflict markers.*- shared\.txt, line 1/s);
    // A second attempt at the slice says nothing twice.
    const again = await bench.host.start(context, { slice: 2, attempt: 2, feedback }).result;
    expect(doneOf(again).result).toBe(done.result);
    expect(again.totals.turns).toBe(5);
  });
});

describe('a slice that ends early', () => {
  it('keeps what tools did when the model is unavailable afterwards', async () => {
    let down = true;
    const context = await planned((request) => {
      if (request.turn === 1 && down) return { error: { status: 529, type: 'overloaded_error', message: 'busy' } };
      return steps('echo work > a.txt; echo written')(request);
    });
    await expect(bench.host.start(context).result).rejects.toMatchObject({ type: 'ModelUnavailable' });
    down = false;
    const next = await bench.elsewhere();
    const done = doneOf(await next.start(context, { attempt: 2 }).result);
    expect(show(done.result, 'a.txt')).toBe('work');
    const last = bench.asked(context.run).at(-1)?.messages.at(-1)?.content;
    expect(last).toMatchObject([{ type: 'tool_result', content: 'written', is_error: false }]);
  });

  it('says what it has used also when it ends in an error that no other attempt can fix', async () => {
    const error = { status: 400, type: 'invalid_request_error', message: 'no such thing' };
    const context = await planned((request) => (request.turn === 1 ? { error } : steps('echo work > a.txt')(request)));
    const { outcome, totals } = await bench.host.start(context).result;
    expect(outcome).toEqual({
      status: 'failed',
      reason: expect.stringMatching(/^error: ModelRequestRejected: .*no such thing/),
    });
    expect(totals.turns).toBe(1);
    expect(totals.costUsd).toBeGreaterThan(0);
  });

  it('is parked when the model stays away, or asks for a long pause, and keeps what was done', async () => {
    const busy = (status: number, headers = {}) => ({
      error: { status, type: 'overloaded_error', message: 'busy', headers },
    });
    let reply: ReturnType<typeof busy> | null = busy(529);
    const context = await planned((request) =>
      request.turn === 1 && reply !== null ? reply : steps('echo work > a.txt')(request),
    );
    await expect(bench.host.start(context, { attempt: 3 }).result).rejects.toMatchObject({ type: 'ModelUnavailable' });
    const away = await bench.host.start(context, { attempt: 4 }).result;
    expect(away.outcome).toMatchObject({
      status: 'parked',
      retryAfterSeconds: null,
      reason: expect.stringMatching(/529/),
    });
    expect(away.totals.turns).toBe(1);
    reply = busy(429, { 'retry-after': '3600' });
    const limited = await bench.host.start(context, { slice: 2 }).result;
    expect(limited.outcome).toMatchObject({ status: 'parked', retryAfterSeconds: 3600 });
    reply = busy(429, { 'retry-after': '2' });
    const soon = bench.host.start(context, { slice: 3 }).result;
    await expect(soon).rejects.toMatchObject({ type: 'ModelUnavailable', nextRetryDelay: 2000 });
    reply = null;
    const done = await bench.host.start(context, { slice: 3, attempt: 2 }).result;
    expect(show(doneOf(done).result, 'a.txt')).toBe('work');
  });

  it('drains after the turn in flight, and continues elsewhere', async () => {
    let draining = false;
    const going = await openSliceHost({ modelUrl: bench.model.url, hostId: 'going', draining: () => draining });
    const context = await planned((request) => {
      draining = true;
      return steps('echo one > a.txt', 'echo two >> a.txt')(request);
    });
    expect((await going.start(context).result).outcome).toEqual({ status: 'drained' });
    const result = await bench.host.start(context, { slice: 2 }).result;
    expect(show(doneOf(result).result, 'a.txt')).toBe('one\ntwo');
    expect(result.totals).toMatchObject({ turns: 3, hosts: ['going', 'here'] });
  });

  it('stops at its budget', async () => {
    const context = await planned((request) => ({
      ...steps('echo x >> a.txt')({ ...request, turn: 0 }),
      usage: { output_tokens: 100_000 },
    }));
    const { outcome, totals } = await bench.host.start(context, { spendUpToUsd: 2 }).result;
    expect(outcome).toEqual({ status: 'budget' });
    expect(totals.turns).toBe(2);
  });

  it('ends the tools of a cancelled session and keeps its checkpoint', async () => {
    const mark = '86395.25';
    const context = await planned(steps('echo one > a.txt', `sleep ${mark}`));
    const { result, environment, heartbeats } = bench.host.start(context);
    const ended = result.catch((error: unknown) => error);
    await vi.waitFor(() => expect(processesWith(mark)).not.toEqual([]), 10_000);
    environment.cancel();
    expect(await ended).toMatchObject({ name: 'CancelledFailure' });
    expect(await allGone(mark)).toBe(true);
    expect(show(heartbeats.at(-1)?.checkpoint ?? '', 'a.txt')).toBe('one');
  });

  it('is not tried for ever when it takes one host after the other down, unless it gets on meanwhile', async () => {
    const context = await planned(steps('echo work > a.txt'));
    const beat = { host: 'gone', checkpoint: null, costUsd: 0, modelCall: false, doing: 'bash: boom' };
    let before: SliceHeartbeat = { ...beat, turn: 3, deaths: { turn: 2, inARow: 9 } };
    const moved = bench.host.start(context, { attempt: 6, before });
    doneOf(await moved.result);
    expect(moved.heartbeats[0]).toMatchObject({ deaths: { turn: 3, inARow: 1 } });
    before = { ...beat, turn: 3, deaths: { turn: 3, inARow: 8 } };
    const again = bench.host.start(context, { slice: 2, attempt: 7, before });
    doneOf(await again.result);
    const failed: SliceHeartbeat = { ...before, deaths: { turn: 3, inARow: 9 }, settled: true };
    doneOf(await bench.host.start(context, { slice: 3, attempt: 8, before: failed }).result);
    before = { ...beat, turn: 3, deaths: { turn: 3, inARow: 9 } };
    const last = await bench.host.start(context, { slice: 4, attempt: 9, before }).result;
    expect(last.outcome).toEqual({
      status: 'failed',
      reason: 'lost: 10 hosts in a row have died in the same turn of this unit',
    });
    // What it has used counts.
    expect(last.totals.turns).toBe(2);
  });

  it('continues elsewhere after its host was killed in the middle of a tool', async () => {
    const mark = '86395.75';
    const context = await planned(steps('echo one > a.txt', `echo lost >> a.txt; sleep ${mark}`, 'echo two >> a.txt'));
    const script = join(import.meta.dirname, 'fixtures/run-slice-until-killed.ts');
    const args = [script, temporaryFolder(), bench.model.url, JSON.stringify(context)];
    const doomed = spawn(process.execPath, args, { stdio: 'ignore' });
    await vi.waitFor(() => expect(processesWith(mark)).not.toEqual([]), 15_000);
    doomed.kill('SIGKILL');
    await once(doomed, 'exit');
    expect(await allGone(mark)).toBe(true);
    const next = await bench.elsewhere();
    const result = await next.start(context, { attempt: 2 }).result;
    expect(show(doneOf(result).result, 'a.txt')).toBe('one\ntwo');
    expect(result.totals).toMatchObject({ turns: 4, hosts: ['doomed', 'there'] });
    const told = JSON.stringify(bench.asked(context.run)[2]?.messages.at(-1));
    expect(told).toContain('interrupted, outcome unknown');
  });
});
