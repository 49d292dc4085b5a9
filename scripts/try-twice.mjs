// Runs a suite of tests for CI: `node scripts/try-twice.mjs SUITE RESULTS` with the name of the npm script. Files in
// which something failed are run once more when all others are done: a shared machine may be busy with something else
// for a while, and what fails twice has failed. A file is run as a whole, in a process and with servers of its own, so
// that no test meets what its first try has left. Writes `{ exitCode, testResults }`, vitest's results of each file's
// last try, for count-tests.mjs.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** @typedef {{ name: string, status: string, assertionResults: { status: string }[] }} FileResult */
/** @typedef {{ exitCode: number, testResults: FileResult[] }} SuiteResult */

/** When more files fail than this, something is broken, and to see it twice takes only time. */
const mostFiles = 8;

const [suite = '', resultsFile = ''] = process.argv.slice(2);
const first = run([]);
const failed = first.testResults.filter(({ status }) => status === 'failed').map(({ name }) => name);
const result = failed.length === 0 || failed.length > mostFiles ? first : again(first, failed);
writeFileSync(resultsFile, JSON.stringify(result));
process.exitCode = result.exitCode;

/**
 * @param {SuiteResult} before
 * @param {string[]} names
 * @returns {SuiteResult}
 */
function again({ testResults }, names) {
  const files = names.map((name) => path.relative(process.cwd(), name));
  console.log(`== once more, because they failed:\n${files.map((file) => `   ${file}`).join('\n')}`);
  const second = run(files);
  const tried = new Set(second.testResults.map(({ name }) => name));
  const kept = testResults.filter(({ name }) => !tried.has(name));
  return { exitCode: second.exitCode, testResults: [...kept, ...second.testResults] };
}

/**
 * @param {string[]} files all if there are none
 * @returns {SuiteResult}
 */
function run(files) {
  const folder = mkdtempSync(path.join(tmpdir(), 'coppice-results-'));
  const results = path.join(folder, 'results.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile=${results}`];
  const { status } = spawnSync('npm', ['run', suite, '--', ...reporters, ...files], { stdio: 'inherit' });
  const testResults = readResults(results);
  rmSync(folder, { recursive: true });
  return { exitCode: status ?? 1, testResults };
}

/**
 * Empty if vitest ended before it wrote any.
 * @param {string} file
 * @returns {FileResult[]}
 */
function readResults(file) {
  try {
    return /** @type {SuiteResult} */ (JSON.parse(readFileSync(file, 'utf8'))).testResults;
  } catch {
    return [];
  }
}
