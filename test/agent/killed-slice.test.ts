// Hosts that die, or are thought dead, around each push of a slice; and how many pushes there are.

import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { ModelRequest, Reply } from '../fakes/model-server.ts';
import type { RunContext } from '../../contracts/documents/plan.ts';
import type { Sha } from '../../contracts/ids.ts';
import { type SliceBench, doneOf, useBench } from './slice-bench.ts';
import { allGone, processesWith } from '../sandbox/fixtures.ts';
import { git, notePushes, setHook, temporaryFolder } from '../git/make-repository.ts';
import { startDoomed } from './doomed-host.ts';
import { stateRefs } from '../../contracts/ids.ts';
import { steps } from '../e2e/scripts.ts';
import { unit } from '../domain/fixtures.ts';

let bench: SliceBench;
let pushesTo: (ref: string) => Sha[];
useBench((opened) => (bench = opened));
beforeAll(() => {
  pushesTo = notePushes(bench.state);
});

const refOf = ({ run }: Pick<RunContext, 'run'>) => stateRefs.unit(run, unit('a'));
const show = (commit: string, path: string) => git(bench.state, 'show', `${commit}:${path}`);
const hasResults = (commit: string) =>
  (JSON.parse(show(commit, '.coppice/turns/000001.json')) as { results: unknown[] }).results.length > 0;
const patient = { timeout: 60_000, interval: 20 };

/** Each run leaves a line in a file of the worktree. */
const count = 'echo ran >> count.txt';

/** Runs the command, again only if it is told that nobody knows what became of it, and ends. */
function counting({ turn, messages }: ModelRequest): Reply {
  const isLost = JSON.stringify(messages.at(-1)).includes('interrupted, outcome unknown');
  return turn === 0 || isLost ? { tools: [{ name: 'bash', input: { command: count } }] } : { text: 'Done.' };
}

const doomedHost = (context: RunContext) => startDoomed(bench.model.url, context);
const secondAttempt = async (context: RunContext) => (await bench.elsewhere()).start(context, { attempt: 2 });

describe('a unit of two turns', () => {
  it('is pushed twice if its model answers at once: the answer before its command, and everything with the result', async () => {
    const context = await bench.planned(steps(count));
    const { result } = doneOf(await bench.host.start(context).result);
    const pushes = pushesTo(refOf(context));
    // The model may have been slower than the snapshot.
    expect([2, 3]).toContain(pushes.length);
    expect(hasResults(pushes[0] ?? '')).toBe(false);
    expect(git(bench.state, 'log', '-1', '--format=%P', pushes.at(-1) ?? '').split(' ')).toContain(result);
  });

  it('is pushed three times if the model thinks: what the command did is saved meanwhile', async () => {
    const context = await bench.planned(async (request) => {
      if (request.turn === 1) await vi.waitFor(() => expect(pushesTo(refOf(context))).toHaveLength(2), patient);
      return steps(count)(request);
    });
    const done = doneOf(await bench.host.start(context).result);
    const pushes = pushesTo(refOf(context));
    expect(pushes).toHaveLength(3);
    const [first = '', second = ''] = pushes;
    expect([hasResults(first), hasResults(second)]).toEqual([false, true]);
    expect([show(second, 'count.txt'), show(done.result, 'count.txt')]).toEqual(['ran', 'ran']);
  });

  it('has its work and its last answer on the state remote while a check runs', async () => {
    const mark = '86398.25';
    const verify = [{ name: 'check', run: `sleep ${mark}`, timeoutSeconds: 120 }];
    const context = await bench.planned(steps(count), { config: { verify } });
    const { result, environment, heartbeats } = bench.host.start(context);
    const ended = result.catch((error: unknown) => error);
    await vi.waitFor(() => {
      const last = pushesTo(refOf(context)).at(-1) ?? '';
      expect([show(last, '.coppice/turns/000002.json'), show(last, 'count.txt')]).toEqual([
        expect.stringContaining('Done.'),
        'ran',
      ]);
      expect(heartbeats.at(-1)).toMatchObject({ turn: 2, modelCall: false, doing: 'check: check' });
    }, patient);
    await vi.waitFor(() => expect(processesWith(mark)).not.toEqual([]), patient);
    environment.cancel();
    expect(await ended).toMatchObject({ name: 'CancelledFailure' });
    expect(await allGone(mark)).toBe(true);
  });
});

describe('a host that dies', () => {
  it('while the model thinks: the command that had ended is not repeated', async () => {
    let isDead = false;
    const context = await bench.planned((request) =>
      request.turn === 1 && !isDead ? { hang: 'after-headers' } : counting(request),
    );
    const doomed = doomedHost(context);
    await vi.waitFor(() => expect(hasResults(pushesTo(refOf(context)).at(-1) ?? '')).toBe(true), patient);
    await doomed.kill();
    isDead = true;
    const result = await (await secondAttempt(context)).result;
    expect(show(doneOf(result).result, 'count.txt')).toBe('ran');
    expect(result.totals).toMatchObject({ turns: 2, hosts: ['doomed', 'there'] });
    expect(JSON.stringify(bench.asked(context.run).at(-1)?.messages)).not.toContain('interrupted');
  });

  it.each([0, 30, 100, 250])(
    'around its first push, %i ms after its model was asked, while a second attempt claims the unit',
    async (ms) => {
      const there = await bench.elsewhere();
      const context = await bench.planned(counting);
      const doomed = doomedHost(context);
      await vi.waitFor(() => expect(bench.asked(context.run)).toHaveLength(1), patient);
      const second = there.start(context, { attempt: 2 });
      await sleep(ms);
      await doomed.kill();
      expect(show(doneOf(await second.result).result, 'count.txt')).toBe('ran');
      expect(show(refOf(context), '.coppice/attempt.json')).toContain('"host":"there"');
    },
  );

  it.each(['is refused', 'goes through'])(
    'between its last snapshot and the push of the result, which then %s',
    async (what) => {
      const [reached, go] = ['reached', 'go'].map((name) => join(temporaryFolder(), name)) as [string, string];
      const hook = [
        'read -r old new ref',
        'git cat-file -e "$new:.coppice/turns/000002.json" 2> /dev/null || exit 0',
        `touch '${reached}'`,
        `for i in $(seq 1200); do test -e '${go}' && exit "$(cat '${go}')"; sleep 0.05; done`,
        'exit 1',
      ];
      setHook(bench.state, 'pre-receive', hook.join('\n'));
      const context = await bench.planned(counting);
      const doomed = doomedHost(context);
      await vi.waitFor(() => expect(existsSync(reached)).toBe(true), patient);
      await doomed.kill();
      rmSync(join(bench.state, 'hooks', 'pre-receive'));
      const before = pushesTo(refOf(context)).length;
      writeFileSync(go, what === 'goes through' ? '0' : '1');
      if (what === 'goes through')
        await vi.waitFor(() => expect(pushesTo(refOf(context))).toHaveLength(before + 1), patient);
      const result = await (await secondAttempt(context)).result;
      expect(show(doneOf(result).result, 'count.txt')).toBe('ran');
      // With the push, nothing was left to do.
      expect(result.totals.hosts).toEqual(what === 'goes through' ? ['doomed'] : ['doomed', 'there']);
    },
  );
});

describe('a host that is thought dead', () => {
  it('stops before any tool has run if another attempt has claimed the unit while its model thought', async () => {
    const landed = Promise.withResolvers<void>();
    let asked = 0;
    const context = await bench.planned(async (request) => {
      asked += 1;
      if (asked === 1) await landed.promise;
      return counting(request);
    });
    const late = bench.host.start(context);
    const end = late.result.catch((error: unknown) => error);
    await vi.waitFor(() => expect(asked).toBe(1), patient);
    const second = await (await secondAttempt(context)).result;
    landed.resolve();
    expect(await end).toMatchObject({ type: 'LeaseLost' });
    expect(late.heartbeats.filter(({ doing }) => doing.startsWith('bash'))).toEqual([]);
    expect(show(doneOf(second).result, 'count.txt')).toBe('ran');
    expect(git(bench.state, 'log', '--format=%B', refOf(context))).not.toContain('Attempt 1000001 ');
  });
});
