// How a command ends, how much of its output is kept, and that nothing of it remains. No assertion on how long it
// takes.

import { spawn } from 'node:child_process';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { sweepHome } from '../../activities/worktrees/sweep.ts';
import { allGone, limits, makeHost, pause, processesWith, type TestHost } from './fixtures.ts';

let host: TestHost;
beforeAll(async () => {
  host = await makeHost();
});
afterAll(() => host.remove());

describe('the end', () => {
  test('exit codes and signals are told apart', async () => {
    expect((await host.shell('exit 3')).end).toBe('exited 3');
    expect((await host.shell('exit 129')).end).toBe('exited 129');
    expect((await host.shell('kill -USR1 $$')).end).toBe('killed SIGUSR1');
    expect((await host.shell('kill -9 $$')).end).toBe('killed SIGKILL');
    expect((await host.shell('', { argv: ['no-such-program'] })).end).toBe('exited 127');
  });

  test('a command that is too long or holds a NUL ends with 126, and does not throw', async () => {
    expect((await host.shell(`: ${'x'.repeat(4_000_000)}`)).end).toBe('exited 126');
    expect((await host.shell('echo \0')).end).toBe('exited 126');
  });

  test('a variable with a NUL cannot smuggle an option in', async () => {
    await expect(host.shell('true', { env: { A: 'x\0--bind\0/\0/host' } })).rejects.toMatchObject({ type: 'BadInput' });
  });

  test('a missing source or target is a named failure, a missing working directory is not', async () => {
    const gone = [{ type: 'bind', source: '/nowhere', target: '/work/x', writable: false } as const];
    await expect(host.shell('true', { mounts: gone })).rejects.toMatchObject({ type: 'SandboxUnavailable' });
    expect(await host.shell('pwd', { cwd: '/work/deleted' })).toMatchObject({ end: 'exited 0', text: '/\n' });
  });

  test('a reader of standard input gets what was given, then the end', async () => {
    expect(await host.shell('cat; echo end')).toMatchObject({ end: 'exited 0', text: 'end\n' });
    const stdin = 'x'.repeat(300_000);
    expect((await host.shell('wc -c; cat /dev/stdin | wc -c', { stdin })).text).toBe('300000\n300000\n');
  });

  test('a command past its time limit is killed with everything it started', async () => {
    const mark = `sleep 8${process.pid}1`;
    const result = await host.shell(`${mark} & setsid ${mark} & ${mark}`, {
      limits: { ...limits, timeoutSeconds: 0.5 },
    });
    expect(result.end).toBe('timed-out');
    expect(processesWith(mark)).toEqual([]);
  });

  test('abort kills the tree, also when it comes before or right after the start', async () => {
    for (const wait of [-1, 0, 1, 3, 6, 10, 300]) {
      const mark = `sleep 8${process.pid}2`;
      const stop = new AbortController();
      if (wait < 0) stop.abort();
      const running = host.shell(`${mark} & setsid ${mark} & ${mark}`, { signal: stop.signal });
      await pause(Math.max(wait, 0));
      stop.abort();
      expect((await running).end).toBe('cancelled');
      expect(processesWith(mark)).toEqual([]);
    }
  });
});

describe('what is left over', () => {
  test('nothing of daemons that a command leaves behind, whether or not they hold its output', async () => {
    const mark = `sleep 8${process.pid}3`;
    const line = `setsid ${mark} & nohup ${mark} >/dev/null 2>&1 & (setsid setsid ${mark} </dev/null >/dev/null 2>&1 &); sleep 0.1; echo done`;
    expect(await host.shell(line)).toMatchObject({ end: 'exited 0' });
    expect(processesWith(mark)).toEqual([]);
  });

  test('a command that closes its output and lives on is waited for', async () => {
    expect(await host.shell('exec >/dev/null 2>&1; sleep 0.3; exit 5')).toMatchObject({ end: 'exited 5', text: '' });
  });

  test('nothing of a command that runs when the worker is killed with -9', async () => {
    const mark = await killedWorker(host, 400);
    expect(await allGone(mark)).toBe(true);
  });

  test('nothing when the worker is killed with -9 at whatever moment, and the next one has swept its home', async () => {
    for (const wait of [0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20]) {
      const mark = await killedWorker(host, wait);
      await sweepHome(host.home);
      expect(await allGone(mark)).toBe(true);
    }
  });
});

/** A worker of that home that was killed after `wait` ms of a command; answers what the command's processes are known by. */
async function killedWorker({ home, worktree }: TestHost, wait: number): Promise<string> {
  const mark = `sleep 8${process.pid}4${wait}`;
  const script = path.join(import.meta.dirname, 'fixtures', 'run-and-wait.ts');
  const worker = spawn(process.execPath, [script, home, worktree, `setsid ${mark} & ${mark}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => worker.stdout.once('data', resolve));
  await pause(wait);
  worker.kill('SIGKILL');
  await new Promise((resolve) => worker.once('exit', resolve));
  return mark;
}

describe('output', () => {
  test('both streams arrive in order, byte for byte', async () => {
    const result = await host.sandbox.run({
      argv: ['bash', '-c', "printf 'a\\xff\\x00'; printf b >&2; printf c > /dev/stdout; printf d > /dev/stderr"],
      mounts: [],
      cwd: '/',
      limits,
    });
    expect(Buffer.from(result.output)).toEqual(Buffer.from([0x61, 0xff, 0, 0x62, 0x63, 0x64]));
  });

  test('of 200 MB the head and the tail are kept and the worker does not grow', async () => {
    const before = process.memoryUsage().rss;
    let peak = before;
    const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 20);
    const result = await host.shell('echo first; head -c 200000000 /dev/zero; echo; echo last', {
      limits: { ...limits, outputBytes: 1000 },
    });
    clearInterval(watch);
    expect(result.end).toBe('exited 0');
    expect(result.size).toBe(200_000_012);
    expect(result.text).toMatch(/^first\n/);
    expect(result.text).toMatch(/bytes left out/);
    expect(result.text).toMatch(/\nlast\n$/);
    expect(result.text.length).toBeLessThan(1100);
    expect(peak - before).toBeLessThan(100 * 1024 * 1024);
  });

  test('without end is cut by the time limit', async () => {
    const result = await host.shell('yes', { limits: { ...limits, timeoutSeconds: 0.5 } });
    expect(result.end).toBe('timed-out');
    expect(result.text.length).toBeLessThan(limits.outputBytes + 100);
  });
});

describe('limits', () => {
  test('processes are capped, and a neighbour does not notice', async () => {
    const few = { ...limits, timeoutSeconds: 20, processes: 40 };
    const many = host.shell('for i in $(seq 60); do sleep 2 & done; wait', { limits: few });
    const neighbour = host.shell('for i in $(seq 20); do sleep 0.5 & done; wait; echo fine', {
      limits: few,
    });
    expect(await many).toMatchObject({ text: expect.stringMatching(/fork/i) });
    expect(await neighbour).toMatchObject({ end: 'exited 0', text: 'fine\n' });
  });

  test('files, memory and file systems in memory are capped', async () => {
    const small = { ...limits, memoryMb: 64, fileMb: 1 };
    expect((await host.shell('head -c 2000000 /dev/zero > big', { limits: small })).end).not.toBe('exited 0');
    expect((await host.shell('head -c 1000 /dev/zero > small', { limits: small })).end).toBe('exited 0');
    expect((await host.shell('node -e "Buffer.alloc(2e8, 1)"', { limits: small })).end).not.toBe('exited 0');
    const wide = { ...limits, memoryMb: 64 };
    expect((await host.shell('head -c 60000000 /dev/zero > /tmp/x', { limits: wide })).text).toContain('No space left');
    expect((await host.shell('head -c 60000000 /dev/zero > /dev/shm/x', { limits: wide })).text).toContain(
      'No space left',
    );
    expect((await host.shell('ulimit -c')).text).toBe('0\n');
  });

  test('node runs within the memory limit', async () => {
    expect((await host.shell('node -e "console.log(1)"', { limits: { ...limits, memoryMb: 512 } })).text).toBe('1\n');
  });
});
