import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { run, start } from '../../../scripts/cluster/children.ts';
import { allGone, processesWith } from '../../sandbox/fixtures.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coppice-children-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const never = new AbortController().signal;

test('what a program prints is answered; one that fails is an error with its last lines', async () => {
  expect(await run({ command: ['sh', '-c', 'echo out; echo err >&2'] }, never)).toBe('out\nerr\n');
  await expect(run({ command: ['sh', '-c', 'echo why >&2; exit 7'] }, never)).rejects.toThrow(
    'sh failed (exit code 7):\nwhy',
  );
  await expect(run({ command: ['no-such-program'] }, never)).rejects.toThrow(/no-such-program/);
});

test('a program is ended when somebody says stop', async () => {
  const stopping = new AbortController();
  const ended = run({ command: ['sleep', '86381.5'] }, stopping.signal);
  await vi.waitFor(() => expect(processesWith('86381.5')).not.toEqual([]));
  stopping.abort(new Error('enough'));
  await expect(ended).rejects.toThrow('enough');
  expect(await allGone('86381.5')).toBe(true);
});

test('stop sends the signal and waits for the end; what does not listen is killed', async () => {
  const log = join(folder, 'log');
  const gentle = start(
    { command: ['sh', '-c', 'trap "echo bye; exit 0" INT; echo up; while :; do sleep 0.05; done'] },
    {
      log,
      end: 'SIGKILL',
    },
  );
  await vi.waitFor(() => expect(readFileSync(log, 'utf8')).toBe('up\n'));
  await gentle.stop('SIGINT');
  expect(readFileSync(log, 'utf8')).toBe('up\nbye\n');
  await gentle.stop('SIGINT');
});

test('kill -9 of its parent ends a program with the signal that was asked for', async () => {
  const log = join(folder, 'log');
  const children = new URL('../../../scripts/cluster/children.ts', import.meta.url).href;
  const line = 'trap "echo told; exit 0" INT; echo up; while :; do sleep 0.05; done; : 86382.5';
  const options = JSON.stringify({ log, end: 'SIGINT' });
  const parent = spawn(process.execPath, [
    '--input-type=module',
    '--eval',
    `import { start } from '${children}'; start({ command: ['sh', '-c', ${JSON.stringify(line)}] }, ${options});`,
  ]);
  await vi.waitFor(() => expect(readFileSync(log, 'utf8')).toBe('up\n'), 5_000);
  const ended = once(parent, 'exit');
  parent.kill('SIGKILL');
  await ended;
  expect(await allGone('86382.5')).toBe(true);
  expect(readFileSync(log, 'utf8')).toBe('up\ntold\n');
});
