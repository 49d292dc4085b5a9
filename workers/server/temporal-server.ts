// The embedded Temporal server of `coppice dev`: the `temporal` program as a child process that ends with its parent.

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { existsSync } from 'node:fs';
import { finished } from 'node:stream/promises';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import type { Logger } from 'pino';
import { failure } from '../../contracts/failures.ts';
import { findTemporal } from './temporal-binary.mjs';
import {
  dynamicConfig as ourDynamicConfig,
  linesKey,
  sqlitePragmas as ourPragmas,
} from '../../domain/server-settings.ts';
import { searchAttributes } from '../../contracts/search-attributes.ts';

type Settings = Readonly<Record<string, string | number | boolean>>;

export interface DevServerPlace {
  readonly port: number;
  /** null = without the Web UI. */
  readonly uiPort: number | null;
  /** Data file, with `-wal` and `-shm` beside it; null = in memory. */
  readonly database: string | null;
  /** A test's additions to our settings, and overrides. */
  readonly dynamicConfig?: Settings;
  /** Replaces ours. */
  readonly sqlitePragmas?: Settings;
}

export interface ServerSettings extends DevServerPlace {
  readonly log: Logger;
}

const startDeadlineMs = 30_000;
const setpriv = '/usr/bin/setpriv';

/** Arguments for the `temporal` program. */
export function devServerArguments(place: DevServerPlace): string[] {
  const { port, uiPort, database, dynamicConfig, sqlitePragmas = ourPragmas } = place;
  return [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', `${port}`, '--log-level', 'error'],
    ...(uiPort === null ? ['--headless'] : ['--ui-port', `${uiPort}`]),
    ...(database === null ? [] : ['--db-filename', database, ...each('--sqlite-pragma', sqlitePragmas)]),
    ...each('--dynamic-config-value', { ...ourDynamicConfig, [linesKey]: 1, ...dynamicConfig }),
    ...searchAttributes.flatMap(({ name }) => ['--search-attribute', `${name}=Keyword`]),
  ];
}

function each(option: string, settings: Settings): string[] {
  return Object.entries(settings).flatMap(([name, value]) => [option, `${name}=${value}`]);
}

/** Throws `TemporalUnreachable` if it does not serve in time (a port in use, an old database file). */
export async function startTemporalServer(settings: ServerSettings): Promise<{ stop(): Promise<void> }> {
  const { port, log } = settings;
  const binary = await findTemporal({ log: (message: string) => log.info(message) });
  const args = devServerArguments(settings);
  // In its own group, so that Ctrl-C drains us first; killed with us if we die.
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

async function serving(
  server: ChildProcessByStdio<null, null, Readable>,
  port: number,
  complaint: () => string,
): Promise<void> {
  const address = `127.0.0.1:${port}`;
  for (const deadline = Date.now() + startDeadlineMs; Date.now() < deadline; await sleep(100)) {
    if (server.exitCode !== null) {
      // What it said last may still be on its way.
      await finished(server.stderr).catch(() => undefined);
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
