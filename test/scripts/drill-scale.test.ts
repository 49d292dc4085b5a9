// The short form of `npm run drill:scale`: the same script, with few units.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const script = fileURLToPath(new URL('../../scripts/drill-scale.ts', import.meta.url));

test('a small drill lands every unit once and says what holds', { timeout: 180_000 }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [script, '--units', '4']);
  expect(stdout).toMatch(/^4 units in \d+ s/m);
  expect(stdout.match(/^holds: /gm)).toHaveLength(4);
  expect(stdout).not.toContain('BROKEN');
});
