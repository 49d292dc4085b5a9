// What a command in the sandbox can see, reach and change. Real bubblewrap: without it, every test here fails.

import { spawn } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  constants,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { makeHost, pause, processesWith, uidsOf, type TestHost } from './fixtures.ts';

let host: TestHost;
beforeAll(async () => {
  host = await makeHost();
  writeFileSync(path.join(host.home, 'secret'), 'the secret of the host');
});
afterAll(() => host.remove());

describe('files', () => {
  test('of the host cannot be read: home folders, keys, shadow, COPPICE_HOME', async () => {
    for (const name of [
      '/root',
      '/root/.ssh',
      '~/.ssh',
      '/home/*/.*rc',
      '/etc/shadow',
      host.home,
      `${host.home}/secret`,
      '/var/lib',
      '/var/log',
      '/run',
      '/sys',
    ]) {
      const { end, text } = await host.shell(`cat ${name} 2>/dev/null || ls ${name}`);
      expect(end, `${name}: ${text}`).toMatch(/^exited [12]$/);
    }
  });

  test('outside the writable mounts cannot be written', async () => {
    for (const name of [
      '/usr/x',
      '/etc/x',
      '/x',
      '/home/x',
      '/dev/x',
      '/proc/sys/kernel/core_pattern',
      '/proc/sysrq-trigger',
      '/proc/1/oom_score_adj',
    ]) {
      const { end, text } = await host.shell(`echo x > ${name}`);
      expect(end, `${name}: ${text}`).toBe('exited 1');
    }
  });

  test('a writable mount takes writes, which belong to the sandbox uid outside', async () => {
    expect((await host.shell('echo made > inside')).end).toBe('exited 0');
    const made = path.join(host.worktree, 'inside');
    expect(readFileSync(made, 'utf8')).toBe('made\n');
    expect(statSync(made).uid).toBe(statSync(host.worktree).uid);
    if (process.getuid?.() === 0) expect(statSync(made).uid).not.toBe(0);
  });

  test('a mount that is not writable cannot be written, not even through another path to it', async () => {
    const source = path.join(host.home, 'read-only');
    mkdirSync(source);
    await host.sandbox.giveTo(source);
    const mounts = [{ type: 'bind', source, target: '/shown', writable: false } as const];
    const { end } = await host.shell(
      'ln -s /shown /tmp/l; echo x > /tmp/l/x || echo x > /shown/x || mount -o remount,rw /shown',
      { mounts },
    );
    expect(end).not.toBe('exited 0');
    expect(readdirSync(source)).toEqual([]);
  });

  test('a symlink out of the worktree leads nowhere', async () => {
    symlinkSync(path.join(host.home, 'secret'), path.join(host.worktree, 'out'));
    expect((await host.shell('cat out')).end).toBe('exited 1');
  });

  test('a later mount covers an earlier one, and a tmpfs is empty and writable', async () => {
    const mounts = [{ type: 'tmpfs', target: '/work' } as const];
    expect(await host.shell('ls; touch x && ls', { mounts })).toMatchObject({ end: 'exited 0', text: 'x\n' });
  });

  test('/tmp, /dev/shm and HOME are writable, private and gone with the command', async () => {
    expect((await host.shell('touch /tmp/a /dev/shm/a ~/a')).end).toBe('exited 0');
    expect((await host.shell('ls /tmp /dev/shm ~')).text).not.toContain('a\n');
  });

  test('giving a folder to the sandbox does not follow symlinks', async () => {
    const folder = path.join(host.home, 'given');
    mkdirSync(folder);
    symlinkSync(path.join(host.home, 'secret'), path.join(folder, 'link'));
    const before = statSync(path.join(host.home, 'secret')).uid;
    await host.sandbox.giveTo(folder);
    expect(statSync(path.join(host.home, 'secret')).uid).toBe(before);
  });
});

describe('processes', () => {
  test('are not root outside, have no capabilities and cannot get any', async () => {
    const mark = `sleep 7.${process.pid}1`;
    const stop = new AbortController();
    const running = host.shell(`exec ${mark}`, { signal: stop.signal });
    let inside: number[] = [];
    while (inside.length === 0) {
      await pause(10);
      inside = processesWith(mark).filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('sleep\0'));
    }
    const uids = new Set(inside.flatMap(uidsOf));
    stop.abort();
    await running;
    expect(uids).toEqual(new Set([statSync(host.worktree).uid]));
    expect((await host.shell('grep CapEff /proc/self/status; grep NoNewPrivs /proc/self/status')).text).toBe(
      'CapEff:\t0000000000000000\nNoNewPrivs:\t1\n',
    );
    expect((await host.shell('unshare --user true')).end).toBe('exited 1');
  });

  test('of the host are neither visible nor readable', async () => {
    const other = spawn('sleep', ['30'], { env: { SECRET_OF_A_NEIGHBOUR: 'x' } });
    const { text } = await host.shell(`cat /proc/[0-9]*/environ | tr '\\0' '\\n'; ls -d /proc/[0-9]* | wc -l`);
    other.kill();
    expect(text).not.toContain('SECRET_OF_A_NEIGHBOUR');
    expect(Number(text.trim().split('\n').at(-1))).toBeLessThan(8);
  });

  test('are the first to go when the machine has no memory left', async () => {
    expect((await host.shell('cat /proc/self/oom_score_adj')).text.trim()).toBe('1000');
  });

  test('get no descriptors of the worker above 2', async () => {
    const { text } = await host.shell('for fd in /proc/self/fd/*; do readlink $fd || true; done');
    const other = text
      .trim()
      .split('\n')
      .filter((target) => !/^\/dev\/null$|\/pipes-|^\/proc\//.test(target));
    expect(other).toEqual([]);
  });

  test('get only the environment that was given', async () => {
    process.env['COPPICE_TEST_SECRET'] = 'hidden';
    const { text } = await host.shell(
      "env -0 | tr '\\0' '\\n' | sed 's/=.*//' | sort | xargs; tr '\\0' '\\n' < /proc/1/environ | grep -v PWD=",
      {
        env: { GIVEN: '1' },
      },
    );
    delete process.env['COPPICE_TEST_SECRET'];
    expect(text).toBe('GIVEN HOME LANG PATH PWD SHLVL TMPDIR USER _\n');
  });

  test('may have a preload library without its reaching the programs that make the sandbox', async () => {
    const result = await host.shell('echo $LD_PRELOAD', { env: { LD_PRELOAD: '/work/evil.so' } });
    expect(result.text.trim().split('\n').at(-1)).toBe('/work/evil.so');
    expect(result.text).not.toMatch(/bwrap|prlimit|setpriv/);
  });
});

describe('network', () => {
  test('none: neither the host itself, nor an address, nor a name', async () => {
    const server = createServer((socket) => socket.end('reached'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const tries = [`127.0.0.1/${port}`, '169.254.169.254/80', '1.1.1.1/53', 'example.com/80'];
    for (const target of tries) {
      expect([target, (await host.shell(`timeout 3 cat < /dev/tcp/${target}`)).end]).toEqual([target, 'exited 1']);
    }
    server.close();
  });

  test('loopback inside works for tests that listen on it', async () => {
    const script = `const server = require('net').createServer(s => s.end('hello')).listen(0, '127.0.0.1', () =>
      require('net').connect(server.address().port, 'localhost').on('data', d => { console.log(String(d)); process.exit(0) }))`;
    expect(await host.shell(`node -e "${script}"`)).toMatchObject({ end: 'exited 0', text: 'hello\n' });
  });

  test('a command with the network reaches the host, unless the host allows it to nobody', async () => {
    const server = createServer((socket) => socket.end('reached'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const line = `timeout 3 cat < /dev/tcp/127.0.0.1/${port}`;
    expect((await host.shell(line, { network: true })).text).toBe('reached');
    const strict = await makeHost({ networkAllowed: 'none' });
    expect((await strict.shell(line, { network: true })).end).toBe('exited 1');
    strict.remove();
    server.close();
  });
});

function firstWritable(folders: readonly string[]): string {
  const found = folders.find((folder) => {
    try {
      accessSync(folder, constants.W_OK);
      return true;
    } catch {
      return false;
    }
  });
  if (found === undefined) throw new Error(`none of ${folders.join(', ')} can be written`);
  return found;
}

describe('toolchains', () => {
  test('are shown read-only at their own path, first on PATH, wherever they are', async () => {
    const closed = mkdtempSync(path.join(firstWritable(['/opt', '/srv', homedir()]), 'coppice-toolchain-'));
    const toolchain = path.join(closed, 'tools');
    mkdirSync(path.join(toolchain, 'bin'), { recursive: true });
    writeFileSync(path.join(toolchain, 'bin', 'my-tool'), '#!/bin/sh\necho my tool\n', { mode: 0o755 });
    const equipped = await makeHost({ toolchains: [toolchain] });
    const result = await equipped.shell(`my-tool; echo $PATH | cut -d: -f1; touch ${toolchain}/x`);
    equipped.remove();
    rmSync(closed, { recursive: true });
    expect(result.text).toContain(`my tool\n${toolchain}/bin\n`);
    expect(result.end).toBe('exited 1');
  });

  test('are shown elsewhere when their own path means something else inside', async () => {
    const toolchain = mkdtempSync('/tmp/coppice-toolchain-');
    chmodSync(toolchain, 0o755);
    writeFileSync(path.join(toolchain, 'my-tool'), '#!/bin/sh\necho my tool\n', { mode: 0o755 });
    const equipped = await makeHost({ toolchains: [toolchain] });
    const result = await equipped.shell('my-tool; echo $PATH | cut -d: -f1; ls /tmp');
    equipped.remove();
    rmSync(toolchain, { recursive: true });
    expect(result.text).toBe('my tool\n/toolchains/0\n');
  });

  test('that do not exist, or are more than a toolchain, are refused by name', async () => {
    for (const folder of ['/nowhere/at/all', '/', 'relative', '/etc', '/tmp']) {
      await expect(makeHost({ toolchains: [folder] })).rejects.toMatchObject({
        type: 'BadInput',
        message: expect.stringContaining(folder),
      });
    }
  });
});
