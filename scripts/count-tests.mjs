// Prints the last line of CI, `N passed, N failed`, from vitest's results. A test file that did not load, a test that
// did not run, and a run that failed without naming a test all count as failures. Called by .ci/run with the results
// file, vitest's exit code and the number of failures before the tests.

import { readFileSync } from 'node:fs';

/** @typedef {{ status: string, assertionResults: { status: string }[] }} FileResult */

const [resultsFile = '', exitCode = '1', earlier = '0'] = process.argv.slice(2);
const files = readResults(resultsFile);
const tests = files.flatMap((file) => file.assertionResults);
const passed = tests.filter(({ status }) => status === 'passed').length;
const unloaded = files.filter((file) => file.status === 'failed' && !file.assertionResults.some(isFailed)).length;
const inTests = tests.length - passed + unloaded;
const unexplained = inTests === 0 && (exitCode !== '0' || tests.length === 0) ? 1 : 0;
const failed = Number(earlier) + inTests + unexplained;

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** @param {{ status: string }} result */
function isFailed({ status }) {
  return status === 'failed';
}

/**
 * Empty if vitest ended before it wrote any.
 * @param {string} path
 * @returns {FileResult[]}
 */
function readResults(path) {
  const text = readFileSync(path, 'utf8');
  if (text === '') return [];
  return /** @type {{ testResults: FileResult[] }} */ (JSON.parse(text)).testResults;
}
