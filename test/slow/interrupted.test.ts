import { afterAll, expect, test } from 'vitest';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { openHost } from '../git/open-host.ts';
import { planRun } from '../agent/slice-host.ts';
import { unit } from '../domain/fixtures.ts';
import { verified } from '../landing/trains.ts';
import { cleanUp, git, makeRemote, makeState, temporaryFolder } from '../git/make-repository.ts';

afterAll(cleanUp);

const fixture = (name: string) => join(import.meta.dirname, '../git/fixtures', name);

/** Runs a fixture; killed with -9 some milliseconds after it announced `step`. */
function run(program: string, args: string[], kill?: { step: string; afterMs: number }) {
  return new Promise<{ code: number | null; output: string }>((resolve) => {
    const child = spawn(process.execPath, [fixture(program), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (kill !== undefined && output.split('\n').includes(kill.step))
        setTimeout(() => child.kill('SIGKILL'), kill.afterMs);
    });
    child.on('close', (code) => resolve({ code, output }));
  });
}

test('sixteen processes make worktrees of one mirror at once, and none fails', async () => {
  const [home, remote, state] = [temporaryFolder(), makeRemote(), makeState()];
  const all = await Promise.all(Array.from({ length: 16 }, () => run('make-worktrees.ts', [home, remote.url, state])));
  expect(all.filter(({ code }) => code !== 0)).toEqual([]);
  expect(readdirSync(join(home, 'worktrees'))).toEqual([]);
});

test('a unit whose process is killed at every step lands exactly once', async () => {
  const [home, remote, state] = [
    temporaryFolder(),
    makeRemote({ ...verified, 'a.txt': 'a\n', 'b.txt': 'b\n' }),
    makeState(),
  ];
  const where = { remote, state, run: 'run-1' };
  const context = await planRun(await openHost(), where, { unit: { id: unit('unit-1') } });
  const steps = [
    'host',
    'open',
    'fetch',
    'claim',
    'worktree',
    'save',
    'rebase',
    'result',
    'build',
    'land',
    'report',
    'close',
  ];
  let attempt = 1000;
  const live = (kill?: { step: string; afterMs: number }) =>
    run('live-once.ts', [home, JSON.stringify(context), `${++attempt}`], kill);
  for (const [index, step] of steps.entries()) {
    await live({ step, afterMs: (index * 37) % 60 });
    if (step === 'worktree') remote.push({ 'b.txt': 'stranger\n' });
  }
  const last = await live();
  expect(last).toEqual({ code: 0, output: expect.stringMatching(/end\n$/) });
  expect(git(remote.url, 'log', '--format=%s', 'main').split('\n')).toEqual(['Do it', 'a change', 'first']);
  expect(git(remote.url, 'ls-tree', '--name-only', 'main')).toBe('b.txt\ncoppice.yaml\nwork.txt');
  expect(git(state, 'show', 'refs/coppice/runs/run-1/report:report.json')).toBe('{}');
  await openHost(home);
  expect(readdirSync(join(home, 'worktrees'))).toEqual([]);
  for (const name of ['mirror.git', 'state.git']) {
    const folder = join(home, 'repositories', readdirSync(join(home, 'repositories'))[0] ?? '', name);
    git(folder, '--git-dir=.', 'fsck', '--strict', '--connectivity-only');
  }
});

test('half-made leavings of a dead process are swept', async () => {
  const [home, remote, state] = [temporaryFolder(), makeRemote(), makeState()];
  await run('make-worktrees.ts', [home, remote.url, state]);
  const [name = ''] = readdirSync(join(home, 'repositories'));
  const dead = 'run-1-unit-1.999999999.1.1';
  const half = join(home, 'worktrees', dead, 'root');
  mkdirSync(half, { recursive: true });
  mkdirSync(join(home, 'repositories', name, 'state.git.half'));
  await openHost(home);
  expect(existsSync(join(home, 'worktrees', dead))).toBe(false);
});
