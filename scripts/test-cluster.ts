// `npm run test:cluster`: the end-to-end tests, or the given ones (as arguments of vitest), against the production
// Temporal server on PostgreSQL instead of the development server. Finds or builds what it needs, and cleans up however
// it ends.
//
//   npm run test:cluster -- [FILE…] [VITEST'S OPTIONS]

import { errorText } from '../domain/errors.ts';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openCluster } from './cluster/open-cluster.ts';
import { testLimits } from '../test/setup/test-limits.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const given = process.argv.slice(2);
const tests = given.length === 0 ? ['test/e2e'] : given;
const stopping = new AbortController();
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  process.on(signal, () => {
    process.exitCode = code;
    stopping.abort(new Error(`stopped by ${signal}`));
  });
}

function say(line: string): void {
  process.stderr.write(`cluster: ${line}\n`);
}

try {
  await testOnCluster(stopping.signal);
} catch (error) {
  say(errorText(error));
  process.exitCode ||= 1;
}

async function testOnCluster(signal: AbortSignal): Promise<void> {
  const cluster = await openCluster({ signal, log: say, dynamicConfig: testLimits });
  try {
    say(`${cluster.description}, at ${cluster.address}`);
    const started = Date.now();
    const code = await vitest(cluster.address, signal);
    const seconds = Math.round((Date.now() - started) / 1000);
    const end = signal.aborted ? 'stopped' : code === 0 ? 'passed' : `FAILED (exit code ${code})`;
    say(`${tests.join(' ')} on ${cluster.description}`);
    say(`${end} after ${seconds} s`);
    process.exitCode ||= code;
  } finally {
    await cluster.close();
  }
}

async function vitest(address: string, signal: AbortSignal): Promise<number> {
  const bin = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
  // Ends with us if we die. Ctrl-C reaches it from the terminal, because it is in our group.
  const command = ['--pdeathsig', 'TERM', '--', process.execPath, bin, 'run', ...tests];
  const child = spawn('/usr/bin/setpriv', command, {
    cwd: root,
    env: { ...process.env, COPPICE_TEST_TEMPORAL: address },
    stdio: 'inherit',
  });
  const stop = (): boolean => child.kill('SIGTERM');
  signal.addEventListener('abort', stop);
  await once(child, 'exit');
  signal.removeEventListener('abort', stop);
  return child.exitCode ?? 1;
}
