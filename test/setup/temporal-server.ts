// vitest's global setup: one real Temporal dev server for the whole test run, in memory and on free ports. Tests take
// its address with `inject('temporalAddress')` and a namespace of their own with `openNamespace()` (namespace.ts),
// so that files that run at the same time never see each other's task queues. Never mocked, never skipped.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import type { TestProject } from 'vitest/node';
import { searchAttributes } from '../../domain/search-attributes.ts';
import { findTemporal } from '../../scripts/temporal-binary.mjs';

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
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const server = startServer(binary, port);
  await serving(server, address);
  project.provide('temporalAddress', address);
  project.provide('temporalBinary', binary);
  return async () => {
    server.kill('SIGKILL'); // in memory: nothing to save
    if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
  };
}

function startServer(binary: string, port: number): ChildProcess {
  const attributes = searchAttributes.flatMap(({ name }) => ['--search-attribute', `${name}=Keyword`]);
  return spawn(
    binary,
    [
      'server',
      'start-dev',
      '--headless',
      '--ip',
      '127.0.0.1',
      '--port',
      `${port}`,
      '--log-level',
      'error',
      ...attributes,
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
}

async function serving(server: ChildProcess, address: string): Promise<void> {
  const deadline = Date.now() + startDeadlineMs;
  for (;;) {
    if (server.exitCode !== null) throw new Error(`the Temporal server ended with ${server.exitCode} before it served`);
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

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  probe.close();
  await once(probe, 'close');
  return address.port;
}
