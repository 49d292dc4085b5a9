import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withLockFile } from '../../workers/server/lock-file.mjs';

const library = path.resolve(import.meta.dirname, '../../workers/server/lock-file.mjs');
let folder: string;
let lock: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'coppice-lock-'));
  lock = path.join(folder, 'lock');
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** The process id of a process that has ended. */
async function deadProcess(): Promise<number> {
  const child = spawn('true');
  await once(child, 'exit');
  return child.pid ?? 0;
}

test('the lock of a dead process is taken over', async () => {
  writeFileSync(lock, `${await deadProcess()}`);
  expect(await withLockFile(lock, { work: async () => readFileSync(lock, 'utf8'), waiting: () => {} })).toBe(
    `${process.pid}`,
  );
  expect(readdirSync(folder)).toEqual([]);
});

test('work that throws gives the lock back', async () => {
  const work = () => Promise.reject(new Error('broken'));
  await expect(withLockFile(lock, { work, waiting: () => {} })).rejects.toThrow('broken');
  expect(existsSync(lock)).toBe(false);
});

test('processes that start beside a dead holder hold the lock one at a time', async () => {
  writeFileSync(lock, `${await deadProcess()}`);
  const counter = path.join(folder, 'counter');
  writeFileSync(counter, '0');
  // Reads, waits and writes: two inside at once would lose a count.
  const program = `
    import { readFileSync, writeFileSync } from 'node:fs';
    import { withLockFile } from ${JSON.stringify(library)};
    const work = async () => {
      const count = Number(readFileSync(${JSON.stringify(counter)}, 'utf8'));
      await new Promise((resolve) => setTimeout(resolve, 20));
      writeFileSync(${JSON.stringify(counter)}, String(count + 1));
    };
    for (let i = 0; i < 3; i++) await withLockFile(${JSON.stringify(lock)}, { work, waiting: () => {} });
  `;
  const children = Array.from({ length: 6 }, () =>
    spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: 'inherit' }),
  );
  await Promise.all(children.map((child) => once(child, 'exit')));
  expect(readFileSync(counter, 'utf8')).toBe('18');
  expect(readdirSync(folder)).toEqual(['counter']);
});
