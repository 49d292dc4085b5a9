// Prints the last lines of CI: each failed test with the beginning of its error, and `N passed, N failed`.
// `node scripts/count-tests.mjs EARLIER RESULTS…` takes the number of failures outside of the tests and the results of
// each suite (scripts/try-twice.mjs). A test file that did not load, a test that did not run, and a suite that failed
// without naming a test all count as failures. Called by .ci/run.

import { readFileSync } from 'node:fs';
import path from 'node:path';

/** @typedef {{ status: string, fullName?: string, failureMessages?: string[] }} TestResult */
/** @typedef {{ name?: string, status: string, message?: string, assertionResults: TestResult[] }} FileResult */
/** @typedef {{ exitCode: number, testResults: FileResult[] }} SuiteResult */

/** Of an error, in characters. */
const errorLimit = 600;

const [earlier = '0', ...files] = process.argv.slice(2);
const suites = files.map(readSuite);
const counts = suites.map(countSuite);
const passed = counts.reduce((sum, count) => sum + count.passed, 0);
const failed = counts.reduce((sum, count) => sum + count.failed, Number(earlier));

for (const line of suites.flatMap(({ testResults }) => testResults).flatMap(linesOf)) console.log(line);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** @param {SuiteResult} suite */
function countSuite({ exitCode, testResults }) {
  const tests = testResults.flatMap((file) => file.assertionResults);
  const good = tests.filter(({ status }) => status === 'passed').length;
  const unloaded = testResults.filter(isUnloaded).length;
  const inTests = tests.length - good + unloaded;
  const unexplained = inTests === 0 && (exitCode !== 0 || tests.length === 0) ? 1 : 0;
  return { passed: good, failed: inTests + unexplained };
}

/**
 * A line for each test of the file that did not pass.
 * @param {FileResult} file
 * @returns {string[]}
 */
function linesOf(file) {
  const where = path.relative(process.cwd(), file.name ?? '');
  const bad = file.assertionResults.filter(({ status }) => status !== 'passed');
  const lines = bad.map(
    (test) => `${test.status}: ${where}: ${test.fullName ?? ''}\n${test.failureMessages?.[0] ?? ''}`,
  );
  const unloaded = isUnloaded(file) ? [`not loaded: ${where}\n${file.message ?? ''}`] : [];
  return [...lines, ...unloaded].map((line) => line.slice(0, errorLimit).trimEnd());
}

/** @param {FileResult} file */
function isUnloaded({ status, assertionResults }) {
  return status === 'failed' && !assertionResults.some((test) => test.status === 'failed');
}

/**
 * Without tests if the suite ended before it wrote any results.
 * @param {string} file
 * @returns {SuiteResult}
 */
function readSuite(file) {
  try {
    return /** @type {SuiteResult} */ (JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return { exitCode: 1, testResults: [] };
  }
}
