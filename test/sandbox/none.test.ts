import { mkdirSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { hostPath } from '../../activities/sandbox/none.ts';
import { limits, makeHost, processesWith, type TestHost } from './fixtures.ts';

let host: TestHost;
beforeAll(async () => {
  host = await makeHost({ driver: 'none' });
});
afterAll(() => host.remove());

test('running without a sandbox is said loudly, once', async () => {
  await host.shell('true');
  expect(host.warnings).toHaveLength(1);
  expect(host.warnings[0]).toContain('WITHOUT a sandbox');
});

test('paths below a mount become the host path, other text stays', () => {
  const mounts = [{ type: 'bind', source: '/home/w', target: '/work', writable: true } as const];
  expect(hostPath('/work/a', mounts)).toBe('/home/w/a');
  expect(hostPath('--file=/work', mounts)).toBe('--file=/home/w');
  expect(hostPath('/workshop', mounts)).toBe('/workshop');
  expect(hostPath('echo /work', mounts)).toBe('echo /work');
});

test('commands run in the worktree with a clean environment and their own home', async () => {
  mkdirSync(path.join(host.worktree, 'sub'));
  const { text } = await host.shell('pwd; env | sed "s/=.*//" | sort | xargs; ls -A ~', {
    cwd: '/work/sub',
    env: { GIVEN: '1' },
  });
  expect(text).toBe(`${host.worktree}/sub\nGIVEN HOME LANG PATH PWD SHLVL TMPDIR USER _\n.gitconfig\n`);
});

test('time limit, cancel and background processes end as in the sandbox', async () => {
  const mark = `sleep 9${process.pid}1`;
  expect((await host.shell(`${mark} & ${mark}`, { limits: { ...limits, timeoutSeconds: 0.3 } })).end).toBe('timed-out');
  expect((await host.shell(`${mark} & kill -9 $$`)).end).toBe('killed SIGKILL');
  expect((await host.shell(`${mark} & exit 4`)).end).toBe('exited 4');
  expect((await host.shell(mark, { signal: AbortSignal.abort() })).end).toBe('cancelled');
  expect(processesWith(mark)).toEqual([]);
});
