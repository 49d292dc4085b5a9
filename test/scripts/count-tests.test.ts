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
  if (testResults !== null) writeFileSync(file, JSON.stringify({ exitCode, testResults }));
  const [stdout, status] = count(earlier, file);
  expect([stdout.trimEnd().split('\n').at(-1), status]).toEqual([line, line.endsWith(' 0 failed') ? 0 : 1]);
});

test('counts suites together, and each that failed without naming a test', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'coppice-count-'));
  const files = [0, 1, 1].map((exitCode, i) => {
    const file = path.join(folder, `${i}.json`);
    writeFileSync(file, JSON.stringify({ exitCode, testResults: [good] }));
    return file;
  });
  expect(count(0, ...files)).toEqual(['6 passed, 2 failed\n', 1]);
});

test('names what failed, with the beginning of its error', () => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'coppice-count-')), 'results.json');
  const wrong = { status: 'failed', fullName: 'adds two and two', failureMessages: [`it is ${'5'.repeat(9000)}`] };
  const testResults = [
    { name: path.resolve('test/sums.test.ts'), status: 'failed', assertionResults: [passed, wrong] },
    { name: path.resolve('test/gone.test.ts'), status: 'failed', message: 'no such module', assertionResults: [] },
  ];
  writeFileSync(file, JSON.stringify({ exitCode: 1, testResults }));
  const [stdout] = count(0, file);
  expect(stdout).toMatch(
    /^failed: test\/sums.test.ts: adds two and two\nit is 5+\nnot loaded: test\/gone.test.ts\nno such module\n1 passed, 2 failed\n$/u,
  );
  expect(stdout.length).toBeLessThan(800);
});

function count(earlier: number, ...files: readonly string[]): [stdout: string, status: number | null] {
  const { stdout, status } = spawnSync(process.execPath, [script, `${earlier}`, ...files], { encoding: 'utf8' });
  return [stdout, status];
}
