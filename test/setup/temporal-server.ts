// vitest's global setup: one real Temporal server for the whole test run. A development server in memory on a free
// port, unless COPPICE_TEST_TEMPORAL gives the address of a running one (`npm run test:cluster`). Tests take its
// address with `inject('temporalAddress')` and their own namespace with `openNamespace()` (namespace.ts), so that files
// that run at the same time never see each other's task queues. Never mocked, never skipped.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import type { TestProject } from 'vitest/node';
import { devServerArguments } from '../../workers/server/temporal-server.ts';
import { findTemporal } from '../../workers/server/temporal-binary.mjs';
import { freePort } from '../../scripts/free-port.ts';
import { testLimits } from './test-limits.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    temporalAddress: string;
    /** The `temporal` program, for tests that start a server of their own. */
    temporalBinary: string;
  }
}

const startDeadlineMs = 30_000;

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (Number(process.versions.node.split('.')[0]) < 24) {
    throw new Error(`the tests need Node 24 and run on ${process.version}; start them with \`npm test\``);
  }
  const binary = await findTemporal();
  project.provide('temporalBinary', binary);
  const given = process.env['COPPICE_TEST_TEMPORAL'];
  if (given) {
    await serving(given);
    project.provide('temporalAddress', given);
    return async () => {};
  }
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const server = startServer(binary, port);
  await serving(address);
  project.provide('temporalAddress', address);
  return async () => {
    const ended = once(server, 'exit');
    server.stdin.end();
    await ended;
  };
}

// Kills the server when stdin ends, and so also when vitest is killed: only the kernel closes the pipe then. The
// server keeps everything in memory, so there is nothing to end gently.
const untilStdinEnds = 'trap "" INT TERM HUP; "$@" & cat; kill -9 $!';

function startServer(binary: string, port: number) {
  const place = { port, uiPort: null, database: null, dynamicConfig: testLimits };
  const command = [binary, ...devServerArguments(place)];
  return spawn('sh', ['-c', untilStdinEnds, 'sh', ...command], { stdio: ['pipe', 'ignore', 'inherit'] });
}

async function serving(address: string): Promise<void> {
  const deadline = Date.now() + startDeadlineMs;
  for (;;) {
    try {
      const connection = await Connection.connect({ address, connectTimeout: 1_000 });
      await connection.close();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw new Error(`no Temporal server at ${address} in time`, { cause: error });
      await sleep(100);
    }
  }
}
