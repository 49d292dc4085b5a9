// The embedded Temporal server of `coppice dev`: the `temporal` program as a child process that ends with its parent.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import type { Logger } from 'pino';
import { failure } from '../domain/failures.ts';
import { findTemporal } from '../scripts/temporal-binary.mjs';
import { searchAttributes } from '../domain/search-attributes.ts';

export interface ServerSettings {
  readonly port: number;
  readonly uiPort: number;
  /** File that keeps its data; null = in memory. */
  readonly database: string | null;
  readonly log: Logger;
}

const startDeadlineMs = 30_000;
const setpriv = '/usr/bin/setpriv';

/** Throws `TemporalUnreachable` when it does not serve in time (a port in use, an old database file). */
export async function startTemporalServer(settings: ServerSettings): Promise<{ stop(): Promise<void> }> {
  const { port, uiPort, database, log } = settings;
  const binary = await findTemporal({ log: (message: string) => log.info(message) });
  const args = ['server', 'start-dev', '--ip', '127.0.0.1', '--port', `${port}`, '--ui-port', `${uiPort}`];
  args.push('--log-level', 'error', ...(database === null ? [] : ['--db-filename', database]));
  for (const { name } of searchAttributes) args.push('--search-attribute', `${name}=Keyword`);
  // In a group of its own, so that a Ctrl-C drains us first; killed with us when we die without a word.
  const command = existsSync(setpriv) ? [setpriv, '--pdeathsig', 'KILL', binary, ...args] : [binary, ...args];
  const [program = binary, ...rest] = command;
  const server = spawn(program, rest, { detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
  let complaint = '';
  server.stderr.on('data', (chunk: Buffer) => (complaint = (complaint + chunk.toString('utf8')).slice(-2000)));
  await serving(server, port, () => complaint);
  return {
    async stop() {
      if (server.exitCode !== null || server.signalCode !== null) return;
      server.kill('SIGTERM');
      await once(server, 'exit');
    },
  };
}

async function serving(server: ChildProcess, port: number, complaint: () => string): Promise<void> {
  const address = `127.0.0.1:${port}`;
  for (const deadline = Date.now() + startDeadlineMs; Date.now() < deadline; await sleep(100)) {
    if (server.exitCode !== null) {
      throw failure('TemporalUnreachable', `the Temporal server on ${address} ended at once: ${complaint().trim()}`);
    }
    const connection = await Connection.connect({ address, connectTimeout: '1s' }).catch(() => null);
    if (connection === null) continue;
    await connection.close();
    return;
  }
  server.kill('SIGKILL');
  throw failure('TemporalUnreachable', `the Temporal server on ${address} does not serve: ${complaint().trim()}`);
}
