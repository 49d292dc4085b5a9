// Between a plan and a started run: the dry run, the question on a terminal, and the message if no worker polls.

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Coppice } from '../../client/api.ts';
import { Stack } from '../e2e/stack.ts';
import { byUnit } from '../e2e/scripts.ts';
import { onTerminal } from '../e2e/terminal.ts';
import { startSilentProxy } from '../fakes/silent-proxy.ts';
import { taskQueues } from '../../contracts/task-queues.ts';

const queues = Object.values(taskQueues);
const nowhere = { TEMPORAL_ADDRESS: '127.0.0.1:1' };

describe('before a run starts', () => {
  let stack: Stack;
  let plan: string;
  let run: string[];

  beforeAll(async () => {
    stack = await Stack.start({ reply: byUnit({}), files: { 'readme.txt': 'hello\n' } });
    plan = stack.plan([
      { id: 'a', title: 'Add a', prompt: 'Make a.txt' },
      { id: 'b', title: 'Add b', prompt: 'Make b.txt', needs: ['a'], budgetUsd: 5 },
    ]);
    run = ['run', plan, '--repo', stack.remote];
  });
  afterAll(() => stack.close());

  /** What is there of runs. */
  const traces = (): string => stack.git('--git-dir', stack.remote, 'for-each-ref', 'refs/coppice');

  describe('a dry run', () => {
    it('says what would be, without a server too, and leaves nothing', async () => {
      const document = await stack.json([...run, '--dry-run', '--id', 'tried'], nowhere);
      expect(document).toEqual({
        version: 1,
        repository: stack.remote,
        branch: 'main',
        base: stack.log()[0]?.sha,
        stateRemote: stack.remote,
        goal: 'Try it',
        model: expect.stringMatching(/./),
        units: 2,
        parallel: 16,
        criticalPath: ['a', 'b'],
        maxCostUsd: 15,
        verification: [],
        warnings: [expect.stringContaining('no verification'), expect.stringContaining('it is not known')],
        unpolledQueues: null,
      });
      expect(traces()).toBe('');
    });

    it('shows people the same, and who is missing', async () => {
      const { code, stdout, stderr } = await stack.coppice([...run, '--dry-run']);
      expect([code, stdout]).toEqual([
        0,
        expect.stringMatching(
          /^target +main of .*\nunits +2 units, at most 16 .*\nchain .* a → b\nmodel .*\ncost +at most \$15\.00\nverify +nothing: .*\nstate .*\n$/,
        ),
      ]);
      expect(stderr).toMatch(
        /no verification.*\nwarning: no worker is polling coppice-workflows, .*\nnothing was started/,
      );
      const document = await stack.json<{ unpolledQueues: string[] }>([...run, '--dry-run']);
      expect(document.unpolledQueues.toSorted()).toEqual(queues.toSorted());
      expect(traces()).toBe('');
    });

    it('refuses what a run would refuse', async () => {
      const code = async (args: string[], env = {}) => (await stack.coppice([...args, '--dry-run'], env)).code;
      expect(await code(['run', '/nowhere.yaml', '--repo', stack.remote], nowhere)).toBe(2);
      expect(await code([...run, '--branch', 'nope'], nowhere)).toBe(2);
      expect(await code([...run, '--id', 'No Id'], nowhere)).toBe(2);
      expect(await code(run, { ...nowhere, COPPICE_STATE_REMOTE: join(stack.root, 'none.git') })).toBe(2);
      expect(await code(run, { ...nowhere, COPPICE_STATE_REMOTE: 'https://127.0.0.1:1/x.git' })).toBe(3);
    });
  });

  describe('the question on a terminal', () => {
    const ask = (keys: string[], ...more: string[]) =>
      onTerminal({ args: [...run, ...more], cwd: stack.root, env: stack.env, prompt: '[y/N] ', keys });

    it('shows target, units, model, cost, what is not verified and that nobody works; no starts nothing', async () => {
      const { code, screen } = await ask(['n\r']);
      expect([code, screen]).toEqual([
        1,
        expect.stringMatching(
          /target .*\nunits [^]*model [^]*at most \$15\.00\nverify +nothing[^]*no verification[^]*no worker is polling[^]*Start it\? \[y\/N\] n\nnothing was started/,
        ),
      ]);
      expect(traces()).toBe('');
    });

    it.each([
      ['Ctrl-C', '\u0003', 130],
      ['the end of the input', '\u0004', 1],
      ['Enter', '\r', 1],
    ])('takes %s for a no', async (_, key, code) => {
      expect(await ask([key])).toMatchObject({ code, screen: expect.stringMatching(/nothing was started\n$/) });
      expect(traces()).toBe('');
    });

    it('is asked with --json too, is not asked with --yes, and yes starts', async () => {
      expect(await ask(['n\r'], '--json')).toMatchObject({ code: 1, screen: expect.stringContaining('Start it?') });
      expect(await ask([], '--yes', '--detach', '--id', 'sure')).toMatchObject({
        code: 0,
        screen: expect.not.stringContaining('Start it?'),
      });
      const agreed = await ask(['y\r'], '--detach', '--id', 'agreed');
      const once = /run sure is already working on the same plan on main[^]*Start it once more\? \[y\/N\] y/;
      expect(agreed).toMatchObject({ code: 0, screen: expect.stringMatching(once) });
      expect(traces()).toMatch(/runs\/agreed\/plan[^]*runs\/sure\/plan/);
    });

    it('does not come for an id that a run has', async () => {
      const { code, screen } = await ask(['y\r'], '--id', 'sure');
      expect([code, screen]).toEqual([2, expect.stringMatching(/^error: a run sure exists already/)]);
    });
  });

  describe('whether a worker polls', () => {
    it('is known within seconds, or said to be unknown', async () => {
      const proxy = await startSilentProxy(stack.env['TEMPORAL_ADDRESS'] ?? '');
      await using coppice = await Coppice.connect({ env: { ...stack.env, TEMPORAL_ADDRESS: proxy.address } });
      expect((await coppice.unpolledQueues()).toSorted()).toEqual(queues.toSorted());
      proxy.silence();
      const since = performance.now();
      await expect(coppice.unpolledQueues()).rejects.toMatchObject({ type: 'TemporalUnreachable' });
      expect(performance.now() - since).toBeLessThan(5000);
      proxy.close();
    });

    it('is no, when the last one asked minutes ago', async () => {
      const worker = await stack.worker('host-1');
      await using coppice = await Coppice.connect({ env: stack.env });
      await vi.waitFor(async () => expect(await coppice.unpolledQueues()).toEqual([]), { timeout: 60_000 });
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 120_000 });
      expect((await coppice.unpolledQueues()).toSorted()).toEqual(queues.toSorted());
      vi.useRealTimers();
      await worker.kill();
    });
  });
});
