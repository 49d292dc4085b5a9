// The short form of `npm run drill:hosts`: the same script, with few units and one kill.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const script = fileURLToPath(new URL('../../scripts/drill-hosts.ts', import.meta.url));

test('a small drill loses nothing when a host is killed, and says what holds', { timeout: 300_000 }, async () => {
  const args = ['--units', '4', '--hosts', '2', '--kills', '1', '--turns', '6', '--seed', '1'];
  const { stdout } = await promisify(execFile)(process.execPath, [script, ...args]);
  expect(stdout).toMatch(/^1 kills, /m);
  expect(stdout.match(/^holds: /gm)).toHaveLength(5);
  expect(stdout).not.toContain('BROKEN');
});
