import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';

const script = path.resolve(import.meta.dirname, '../../scripts/try-twice.mjs');
let project: string;

// A project whose suite passes and fails as the variables say, and notes which files each try is asked for.
beforeEach(() => {
  project = mkdtempSync(path.join(tmpdir(), 'coppice-twice-'));
  mkdirSync(path.join(project, 'test'));
  writeFileSync(path.join(project, 'package.json'), JSON.stringify({ scripts: { suite: 'node suite.mjs' } }));
  writeFileSync(
    path.join(project, 'suite.mjs'),
    `import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
    import path from 'node:path';
    const results = process.argv.find((word) => word.startsWith('--outputFile='))?.split('=')[1];
    const asked = process.argv.slice(2).filter((word) => !word.startsWith('--'));
    const failing = (existsSync('tries') ? process.env.SECOND : process.env.FIRST)?.split(' ').filter(Boolean);
    appendFileSync('tries', JSON.stringify(asked) + '\\n');
    if (failing === undefined) process.exit(3);
    const testResults = (asked.length > 0 ? asked : (process.env.FILES ?? 'a b c').split(' ').map((name) => \`test/\${name}.test.ts\`)).map((file) => {
      const status = failing.includes(path.basename(file, '.test.ts')) ? 'failed' : 'passed';
      return { name: path.resolve(file), status, assertionResults: [{ status }] };
    });
    writeFileSync(results, JSON.stringify({ testResults }));
    process.exitCode = failing.length > 0 ? 1 : 0;`,
  );
});

function tryTwice(env: Record<string, string>) {
  const { status } = spawnSync(process.execPath, [script, 'suite', 'results.json'], {
    cwd: project,
    env: { ...process.env, ...env },
  });
  const { exitCode, testResults } = JSON.parse(readFileSync(path.join(project, 'results.json'), 'utf8')) as {
    exitCode: number;
    testResults: { name: string; status: string }[];
  };
  expect(status).toBe(exitCode);
  const results = Object.fromEntries(testResults.map((file) => [path.basename(file.name, '.test.ts'), file.status]));
  const tries = readFileSync(path.join(project, 'tries'), 'utf8').trim().split('\n');
  return { exitCode, results, tries: tries.map((line) => JSON.parse(line) as string[]) };
}

test('a suite that passes is run once', () => {
  expect(tryTwice({ FIRST: '' })).toEqual({
    exitCode: 0,
    results: { a: 'passed', b: 'passed', c: 'passed' },
    tries: [[]],
  });
});

test('files that failed are run once more, and only these; the second try counts', () => {
  expect(tryTwice({ FIRST: 'b c', SECOND: '' })).toEqual({
    exitCode: 0,
    results: { a: 'passed', b: 'passed', c: 'passed' },
    tries: [[], ['test/b.test.ts', 'test/c.test.ts']],
  });
});

test('what fails twice has failed', () => {
  expect(tryTwice({ FIRST: 'b c', SECOND: 'c' })).toMatchObject({
    exitCode: 1,
    results: { a: 'passed', b: 'passed', c: 'failed' },
  });
});

test('a suite that ends without results has failed, and is not tried again', () => {
  expect(tryTwice({})).toEqual({ exitCode: 3, results: {}, tries: [[]] });
});

test('files whose second try ends without results keep those of the first', () => {
  expect(tryTwice({ FIRST: 'c' })).toMatchObject({ exitCode: 3, results: { a: 'passed', b: 'passed', c: 'failed' } });
});

test('a suite in which many files fail is broken, and is not run again', () => {
  const names = 'a b c d e f g h i';
  expect(tryTwice({ FILES: names, FIRST: names })).toMatchObject({ exitCode: 1, tries: [[]] });
});
