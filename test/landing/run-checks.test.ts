import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CheckPlace } from '../../activities/checks/run-checks.ts';
import type { TestHost } from '../sandbox/fixtures.ts';
import { allGone, makeHost } from '../sandbox/fixtures.ts';
import { runChecks } from '../../activities/checks/run-checks.ts';
import { runSetup } from '../../activities/worktrees/setup/run-setup.ts';

let host: TestHost;
beforeAll(async () => (host = await makeHost()));
afterAll(() => host.remove());

function place(change: Partial<CheckPlace> = {}): CheckPlace {
  return {
    sandbox: host.sandbox,
    worktree: {
      path: host.worktree,
      root: host.worktree,
      mounts: [{ type: 'bind', source: host.worktree, target: '/work', writable: true }],
      remove: () => Promise.resolve(),
    },
    env: { GREETING: 'hello' },
    network: false,
    limits: { memoryMb: 512 },
    signal: new AbortController().signal,
    onStart: () => undefined,
    ...change,
  };
}

const check = (run: string, timeoutSeconds = 20) => ({ name: `check: ${run}`.slice(0, 20), run, timeoutSeconds });

describe('checks', () => {
  it('are green when every command exits with 0', async () => {
    const started: string[] = [];
    const checks = [check('test "$GREETING" = hello'), check('true')];
    expect(await runChecks(place({ onStart: (name) => started.push(name) }), checks)).toEqual({ status: 'green' });
    expect(started).toEqual(checks.map(({ name }) => name));
  });

  it('are green when there are none', async () => {
    expect(await runChecks(place(), [])).toEqual({ status: 'green' });
  });

  it('stop at the first red one, with its name, its output and how it ended', async () => {
    const checks = [
      check('true'),
      { ...check('echo out; echo err >&2; exit 7'), name: 'unit tests' },
      check('touch ran'),
    ];
    expect(await runChecks(place(), checks)).toEqual({
      status: 'red',
      command: 'unit tests',
      output: 'out\nerr\n[exit code 7]',
    });
    expect(await runChecks(place(), [check('test ! -e ran')])).toEqual({ status: 'green' });
  });

  it('are red when a command is killed', async () => {
    expect(await runChecks(place(), [check('kill -9 $$')])).toMatchObject({
      status: 'red',
      output: expect.stringContaining('[killed by SIGKILL]'),
    });
  });

  it('tell a wedged command that prints nothing from a red one', async () => {
    const wedged = await runChecks(place(), [check('sleep 86398.5', 1)]);
    expect(wedged).toMatchObject({ status: 'timed-out', output: expect.stringContaining('timed out after 1 s') });
    expect(await allGone('86398.5')).toBe(true);
  });

  it('keep the head and the tail of a huge output', async () => {
    const huge = await runChecks(place(), [check('echo first; yes | head -c 100000000; echo last; exit 1')]);
    if (huge.status === 'green') throw new Error('expected red');
    expect(Buffer.byteLength(huge.output)).toBeLessThanOrEqual(8 * 1024);
    expect(huge.output).toMatch(/^first\n/);
    expect(huge.output).toContain('last\n[exit code 1]');
  });

  it('throw when they are cancelled', async () => {
    const cancel = new AbortController();
    const running = runChecks(place({ signal: cancel.signal }), [check('sleep 86398.25')]);
    setTimeout(() => cancel.abort(), 300);
    await expect(running).rejects.toThrow('cancelled');
    expect(await allGone('86398.25')).toBe(true);
  });
});

describe('the setup', () => {
  it('runs once in the worktree, and fails with the end of its output', async () => {
    await runSetup(place(), { run: 'echo ready > prepared', network: false, timeoutSeconds: 20 }, 'setup');
    expect(await runChecks(place(), [check('grep -q ready prepared')])).toEqual({ status: 'green' });
    await expect(
      runSetup(place(), { run: 'echo no such package; exit 2', network: false, timeoutSeconds: 20 }, 'setup'),
    ).rejects.toMatchObject({
      type: 'SetupFailed',
      message: expect.stringMatching(/ended with 2.*\nno such package/s),
    });
  });

  it('has the network only where both the configuration and the host allow it', async () => {
    // /sys/class/net is not shown; the number of interfaces is in /proc.
    const lines = (want: boolean, allow: 'none' | 'setup') =>
      runSetup(
        place(),
        { run: 'test "$(grep -c : /proc/net/dev)" -gt 1', network: want, timeoutSeconds: 20 },
        allow,
      ).then(
        () => 'network',
        () => 'none',
      );
    expect(await lines(true, 'setup')).toBe('network');
    expect(await lines(false, 'setup')).toBe('none');
    expect(await lines(true, 'none')).toBe('none');
  });
});
