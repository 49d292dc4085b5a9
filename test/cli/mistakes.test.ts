// What the command says about itself, and about typing mistakes: the real command, without a server.

import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { asksForJson } from '../../client/cli/json-option.ts';

const main = fileURLToPath(new URL('../../client/cli/main.ts', import.meta.url));
const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

async function coppice(line: string): Promise<{ code: number; stdout: string; stderr: string }> {
  const args = line.split(' ').filter(Boolean);
  const env = { ...process.env, TEMPORAL_ADDRESS: '127.0.0.1:1' };
  return promisify(execFile)(process.execPath, [main, ...args], { env }).then(
    (printed) => ({ code: 0, ...printed }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
}

it.each([
  ['--version', 0, 'stdout', manifest.version],
  ['', 2, 'stderr', 'Usage: coppice [options] [command]'],
  ['plan', 2, 'stderr', 'Usage: coppice plan '],
  ['help', 0, 'stdout', 'Usage: coppice [options] [command]'],
  ['help plan validate', 0, 'stdout', 'Usage: coppice plan validate '],
  ['help run plan.yaml', 0, 'stdout', '$ coppice run plan.yaml --dry-run'],
  ['help plan vlidate', 2, 'stderr', 'Did you mean validate?'],
  ['plan vlidate x', 2, 'stderr', 'Did you mean validate?'],
  ['approvls', 2, 'stderr', 'Did you mean approvals?'],
  ['queue list --repp x', 2, 'stderr', 'Did you mean --repo?'],
  ['status', 2, 'stderr', 'Usage: coppice status [options] <run>. `coppice list` shows the runs.'],
  ['diff a', 2, 'stderr', 'Usage: coppice diff [options] <run> <unit>. `coppice status RUN` shows the units of a run.'],
  ['deny', 2, 'stderr', '<approval> [unit]. `coppice approvals` shows what waits for a decision.'],
  ['run', 2, 'stderr', 'Usage: coppice run [options] [plan]. See `coppice run --help`.'],
  ['message a b two words', 2, 'stderr', 'Put a text of several words in quotes. See `coppice message --help`.'],
  ['answer a b two words', 2, 'stderr', 'Put a text of several words in quotes.'],
  ['plan validate', 2, 'stderr', 'Usage: coppice plan validate [options] <file>.'],
  ['report a --format pdf', 2, 'stderr', 'See `coppice report --help`.'],
  ['xyz', 2, 'stderr', '`coppice --help` lists the commands.'],
  ['plan xyz', 2, 'stderr', '`coppice plan --help` lists the commands.'],
  ['list', 3, 'stderr', 'TEMPORAL_ADDRESS or a Temporal profile names it'],
  ['plan show nofile.yaml', 2, 'stderr', 'Check its path'],
] as const)('%j ends with %d and says on %s what is next: %s', async (line, code, stream, words) => {
  const ran = await coppice(line);
  expect([ran.code, ran[stream]]).toEqual([code, expect.stringContaining(words)]);
});

it.each(['plan vlidate x --json', 'plan show x.yaml --fromat json --json'])(
  'with --json, %j is one document whose hint is the suggestion',
  async (line) => {
    const { code, stdout } = await coppice(line);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toEqual({
      version: 1,
      error: {
        type: 'Usage',
        message: expect.not.stringContaining('\n'),
        hint: expect.stringMatching(/^Did you mean .* See|^Did you mean .* lists the commands/),
      },
    });
  },
);

it('JSON is asked for by --json and by --format json, and not after --', () => {
  const asked = (line: string) => asksForJson(line.split(' '));
  expect([asked('list --json'), asked('report r --format json'), asked('report r --format=json')]).toEqual([
    true,
    true,
    true,
  ]);
  expect([asked('json'), asked('deny x -- --json'), asked('report r --format text')]).toEqual([false, false, false]);
});
