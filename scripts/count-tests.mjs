// Prints the last line of CI, `N passed, N failed`: `node scripts/count-tests.mjs EARLIER RESULTS…` with the number of
// failures outside of the tests and the results of each suite (scripts/try-twice.mjs). A test file that did not load, a
// test that did not run, and a suite that failed without naming a test all count as failures. Called by .ci/run.

import { readFileSync } from 'node:fs';

/** @typedef {{ status: string, assertionResults: { status: string }[] }} FileResult */
/** @typedef {{ exitCode: number, testResults: FileResult[] }} SuiteResult */

const [earlier = '0', ...suites] = process.argv.slice(2);
const counts = suites.map((file) => countSuite(readSuite(file)));
const passed = counts.reduce((sum, count) => sum + count.passed, 0);
const failed = counts.reduce((sum, count) => sum + count.failed, Number(earlier));

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
