// `npm run demo` with Slack's variables as people set them by half: it ends before it has made anything.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';

const program = fileURLToPath(new URL('../../scripts/demo.ts', import.meta.url));
const temporary = mkdtempSync(join(tmpdir(), 'coppice-demo-test-'));
afterAll(() => rmSync(temporary, { recursive: true }));

it.each([
  [
    { SLACK_BOT_TOKEN: 'xoxb-1', SLACK_APP_TOKEN: 'xapp-1' },
    /^error: SLACK_BOT_TOKEN is set: set DEMO_SLACK_CHANNEL to .*\n$/,
  ],
  [
    { SLACK_BOT_TOKEN: 'xoxb-1' },
    /^error: Slack needs SLACK_APP_TOKEN .* or SLACK_SIGNING_SECRET .* as well as SLACK_BOT_TOKEN\n$/,
  ],
  [{ SLACK_APP_TOKEN: 'xapp-1' }, /^error: Slack needs SLACK_BOT_TOKEN as well as SLACK_APP_TOKEN\n$/],
])('with %o it says in one line what to set', (env, line) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program], {
    env: { PATH: process.env['PATH'], TMPDIR: temporary, ...env },
    encoding: 'utf8',
    timeout: 60_000,
  });
  expect([status, stdout, stderr]).toEqual([2, '', expect.stringMatching(line)]);
  expect(readdirSync(temporary)).toEqual([]);
});
