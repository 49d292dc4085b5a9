// The production Temporal server: all services in one process, configured by deploy/temporal-server.env like an
// operator's, but with its own ports and database.

import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { Connection } from '@temporalio/client';
import { parse, stringify } from 'yaml';
import { freeLowPorts } from '../free-port.ts';
import type { Database } from './postgresql.ts';
import type { Programs } from './programs.ts';
import { hasEnded, lastLines, start } from './children.ts';

export interface ServerPlace {
  /** For its dynamic configuration and its log. */
  readonly folder: string;
  readonly database: Database;
  /** The frontend's port; absent = a free one. */
  readonly port?: number;
  /** Overrides of deploy/temporal-dynamic-config.yaml. */
  readonly dynamicConfig?: Readonly<Record<string, string | number | boolean>>;
  readonly signal: AbortSignal;
}

export interface Server {
  readonly address: string;
  readonly shards: number;
  readonly log: string;
  stop(): Promise<void>;
}

const startDeadlineMs = 60_000;
const deployed = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../deploy/${name}`, import.meta.url)), 'utf8');
const operators = parseEnv(deployed('temporal-server.env'));

export async function startServer({ server: binary }: Programs, place: ServerPlace): Promise<Server> {
  const { folder, signal } = place;
  const settings = await serverSettings(place);
  await writeFile(settings.DYNAMIC_CONFIG_FILE_PATH, dynamicConfigText(place.dynamicConfig ?? {}));
  const log = join(folder, 'temporal-server.log');
  // A graceful end takes nine seconds, for clients and other servers that do not exist here.
  const child = start({ command: [binary, 'start'], env: { ...process.env, ...settings } }, { log, end: 'SIGKILL' });
  const stop = (): Promise<void> => child.stop('SIGKILL');
  const address = `127.0.0.1:${settings.FRONTEND_GRPC_PORT}`;
  const shards = Number(operators['NUM_HISTORY_SHARDS']);
  try {
    for (const deadline = Date.now() + startDeadlineMs; ; await sleep(100, undefined, { signal })) {
      if (await answers(address)) return { address, shards, log, stop };
      if (hasEnded(child.process) || Date.now() > deadline) {
        throw new Error(`the Temporal server does not serve:\n${lastLines(await readFile(log, 'utf8'))}`);
      }
    }
  } catch (error) {
    await stop();
    throw error;
  }
}

/** An operator's settings, with changes for a machine that runs other things too. */
async function serverSettings({ folder, database, port }: ServerPlace) {
  const names = [
    'FRONTEND_HTTP_PORT',
    'FRONTEND_MEMBERSHIP_PORT',
    'HISTORY_GRPC_PORT',
    'HISTORY_MEMBERSHIP_PORT',
    'MATCHING_GRPC_PORT',
    'MATCHING_MEMBERSHIP_PORT',
    'WORKER_GRPC_PORT',
    'WORKER_MEMBERSHIP_PORT',
  ];
  // The table of cluster members stores a port in a signed 16-bit integer.
  const [frontend, metrics, ...ports] = await freeLowPorts(names.length + 2);
  return {
    ...operators,
    ...Object.fromEntries(names.map((name, index) => [name, `${ports[index]}`])),
    FRONTEND_GRPC_PORT: `${port ?? frontend}`,
    PROMETHEUS_ENDPOINT: `127.0.0.1:${metrics}`,
    POSTGRES_SEEDS: '127.0.0.1',
    DB_PORT: `${database.port}`,
    POSTGRES_USER: database.user,
    POSTGRES_PWD: database.password,
    BIND_ON_IP: '127.0.0.1',
    DYNAMIC_CONFIG_FILE_PATH: join(folder, 'dynamic-config.yaml'),
  } as const;
}

function dynamicConfigText(settings: Readonly<Record<string, string | number | boolean>>): string {
  const given = Object.entries(settings).map(([name, value]) => [name, [{ value }]]);
  return stringify({ ...(parse(deployed('temporal-dynamic-config.yaml')) as object), ...Object.fromEntries(given) });
}

async function answers(address: string): Promise<boolean> {
  const connection = await Connection.connect({ address, connectTimeout: '1s' }).catch(() => null);
  await connection?.close();
  return connection !== null;
}
