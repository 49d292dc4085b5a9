import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';

const script = path.resolve(import.meta.dirname, '../../scripts/count-tests.mjs');
const passed = { status: 'passed' };
const failed = { status: 'failed' };
const good = { status: 'passed', assertionResults: [passed, passed] };

test.each([
  ['all passed', [good], 0, 0, '2 passed, 0 failed'],
  ['a failed test', [good, { status: 'failed', assertionResults: [passed, failed] }], 1, 0, '3 passed, 1 failed'],
  ['a file that did not load', [good, { status: 'failed', assertionResults: [] }], 1, 0, '2 passed, 1 failed'],
  [
    'a skipped test',
    [{ status: 'passed', assertionResults: [passed, { status: 'skipped' }] }],
    0,
    0,
    '1 passed, 1 failed',
  ],
  ['an error outside of the tests', [good], 1, 0, '2 passed, 1 failed'],
  ['a failed check before the tests', [good], 0, 2, '2 passed, 2 failed'],
  ['no results at all', null, 1, 0, '0 passed, 1 failed'],
  ['no tests at all', [], 0, 0, '0 passed, 1 failed'],
] as const)('counts %s', (...row) => {
  const [, testResults, exitCode, earlier, line] = row;
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'coppice-count-')), 'results.json');
  writeFileSync(file, testResults === null ? '' : JSON.stringify({ testResults }));
  const run = spawnSync(process.execPath, [script, file, `${exitCode}`, `${earlier}`], { encoding: 'utf8' });
  expect(run.stdout).toBe(`${line}\n`);
  expect(run.status).toBe(line.endsWith(' 0 failed') ? 0 : 1);
});
