// The smallest production Temporal there is: PostgreSQL and a server with 64 shards on free loopback ports, with all
// their data in a temporary folder. Whatever ends us, both end too and the folder goes. Linux only.

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
  /** Aborted: what was begun is undone, and `openCluster` throws the reason. */
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

export interface Cluster {
  readonly address: string;
  /** Versions and sizes, in words. */
  readonly description: string;
  /** Where the server's log is until the cluster is closed. */
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

// Its input ends when we do. PostgreSQL, told by the kernel at the same moment, takes the pid file away last.
const removeAtEnd = `
cat > /dev/null
tries=100
while [ -e "$1/postgresql/data/postmaster.pid" ] && [ $tries -gt 0 ]; do sleep 0.1; tries=$((tries - 1)); done
rm -rf "$1"
`;

/** Removes the folder when the answer is called, or when we die without a word. */
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
