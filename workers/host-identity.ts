// Who this host is: its home folder, the id that stays with that folder, and the lock that makes a second worker on the
// same home refuse. The lock is a listening socket, so it ends with the process however that dies.

import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, realpath, rename, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { failure } from '../domain/failures.ts';

export interface HomeLock {
  release(): Promise<void>;
}

/** Makes the home when missing. Throws `HomeInUse` when another worker of this machine has it. */
export async function lockHome(home: string): Promise<HomeLock> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  // A name in Linux's abstract namespace needs no file, and so leaves none behind.
  const name = createHash('sha256')
    .update(await realpath(home))
    .digest('hex')
    .slice(0, 32);
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ path: `\0coppice-home-${name}` }, resolve);
  }).catch((cause: unknown) => {
    throw failure('HomeInUse', `another worker uses ${home}`, { cause });
  });
  server.unref();
  return { release: () => close(server) };
}

/** `COPPICE_HOST_ID`, or the machine's name plus a short id that is kept in the home. */
export async function hostId(home: string, given: string | undefined): Promise<string> {
  if (given) return given;
  const file = join(home, 'host-id');
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch {
    const id = `${hostname()}-${randomBytes(2).toString('hex')}`;
    await writeFile(`${file}.${process.pid}`, `${id}\n`);
    await rename(`${file}.${process.pid}`, file);
    return id;
  }
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
