import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readUserFile } from '../../client/read-user-file.ts';

const root = mkdtempSync(join(tmpdir(), 'coppice-user-file-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const at = (name: string) => join(root, name);

it('is read whole, through a link too', async () => {
  const text = 'ü'.repeat(300_000);
  writeFileSync(at('plain'), text);
  symlinkSync(at('plain'), at('link'));
  expect(await readUserFile(at('link'), 1_000_000)).toBe(text);
  expect(await readUserFile('/proc/self/status', 1_000_000)).toMatch(/^Name:/);
});

it('is not read beyond what its kind may have', async () => {
  writeFileSync(at('large'), '');
  truncateSync(at('large'), 2 ** 40);
  await expect(readUserFile(at('large'), 1000)).rejects.toMatchObject({ message: expect.stringContaining('larger') });
  expect(await readUserFile(at('plain'), 600_000)).toHaveLength(300_000);
  await expect(readUserFile(at('plain'), 599_999)).rejects.toMatchObject({ type: 'BadInput' });
});

it.each([
  ['a FIFO', async () => execFileSync('mkfifo', [at('fifo')]), 'fifo'],
  ['a folder', async () => mkdirSync(at('folder')), 'folder'],
  ['a device', async () => symlinkSync('/dev/zero', at('zero')), 'zero'],
  ['a device', async () => symlinkSync('/dev/full', at('full')), 'full'],
  ['a socket or a device', () => once(createServer().listen(at('socket')).unref(), 'listening'), 'socket'],
])('that is %s is refused by what it is, unread', async (kind, make, name) => {
  await make();
  const message = `${at(name)} is ${kind}, not a file`;
  await expect(readUserFile(at(name), 1000)).rejects.toMatchObject({ type: 'BadInput', message });
});

it('that is missing is named', async () => {
  await expect(readUserFile(at('none'), 1)).rejects.toMatchObject({ message: expect.stringContaining(at('none')) });
});
