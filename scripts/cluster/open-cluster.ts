// A minimal production Temporal: PostgreSQL and a server with 64 shards on free loopback ports, with all data in a
// temporary folder. However we end, both end too and the folder is removed. Linux only.

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { freePort } from '../free-port.ts';
import { createNamespace } from './namespace.ts';
import { createSchema } from './schema.ts';
import { findPostgresql, installPostgresql, startPostgresql } from './postgresql.ts';
import { findPrograms } from './programs.ts';
import type { Server, ServerPlace } from './server.ts';
import { startServer } from './server.ts';

export interface ClusterSettings extends Pick<ServerPlace, 'port' | 'dynamicConfig'> {
  /** If aborted, everything started is undone, and `openCluster` throws the reason. */
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

export interface Cluster {
  readonly address: string;
  /** Versions and sizes, in words. */
  readonly description: string;
  /** The server's log file, which exists until the cluster is closed. */
  readonly serverLog: string;
  close(): Promise<void>;
}

export async function openCluster(settings: ClusterSettings): Promise<Cluster> {
  const { signal, log } = settings;
  const programs = await findPrograms(settings);
  const postgresql = (await findPostgresql(signal)) ?? (await installPostgresql(signal, log));
  const folder = await mkdtemp(join(tmpdir(), 'coppice-cluster-'));
  const closers = [removeWithUs(folder)];
  const close = async (): Promise<void> => {
    for (const closer of closers.toReversed()) await closer();
  };
  try {
    await chmod(folder, 0o711); // PostgreSQL's user passes through
    const password = randomBytes(16).toString('hex');
    const place = { folder: join(folder, 'postgresql'), port: await freePort(), password, signal };
    const database = await startPostgresql(postgresql, place);
    closers.push(() => database.stop());
    await createSchema(programs, database, signal);
    const server = await startServer(programs, { ...settings, folder, database });
    closers.push(() => server.stop());
    await openDefaultNamespace(server);
    const { address, shards, log: serverLog } = server;
    const description = `Temporal server ${programs.version}, ${shards} shards, PostgreSQL ${postgresql.version}`;
    return { address, description, serverLog, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openDefaultNamespace({ address }: Server): Promise<void> {
  const connection = await Connection.connect({ address });
  try {
    await createNamespace(connection, 'default');
  } finally {
    await connection.close();
  }
}

// Its input ends when we do. PostgreSQL, which the kernel signals at the same moment, removes its pid file last.
const removeAtEnd = `
cat > /dev/null
tries=100
while [ -e "$1/postgresql/data/postmaster.pid" ] && [ $tries -gt 0 ]; do sleep 0.1; tries=$((tries - 1)); done
rm -rf "$1"
`;

/** Removes the folder when the returned function is called, or when we die. */
function removeWithUs(folder: string): () => Promise<void> {
  const undertaker = spawn('sh', ['-c', removeAtEnd, 'sh', folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  return async () => {
    const ended = once(undertaker, 'exit');
    undertaker.stdin.end();
    await ended;
  };
}
