// A host's identity: its home folder, the id that stays with that folder, and the lock that keeps a second worker out
// of the same home. The lock is a listening socket, so it ends with the process, however that dies.

import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, realpath, rename, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { codeOf } from '../domain/errors.ts';
import { failure } from '../contracts/failures.ts';

export interface HostHome {
  readonly hostId: string;
  release(): Promise<void>;
}

/** Creates the home if it is missing, and locks it. Throws `HomeInUse` if another worker of this machine has it. */
export async function openHome(home: string, givenId: string | undefined): Promise<HostHome> {
  await makeFolder(home);
  const release = await lockHome(home);
  return { hostId: givenId || (await keptId(home)), release };
}

/** Not Node's recursive mkdir, which never returns if the parent exists but cannot contain folders, such as /proc. */
async function makeFolder(path: string): Promise<void> {
  const make = (): Promise<void> =>
    mkdir(path, { mode: 0o700 }).catch((error: unknown) => {
      if (codeOf(error) !== 'EEXIST') throw error;
    });
  await make().catch(async (error: unknown) => {
    if (codeOf(error) !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await make();
  });
}

/** Locks an existing home. Throws `HomeInUse` while a worker or a clean-up has it. */
export async function lockHome(home: string): Promise<() => Promise<void>> {
  // A name in Linux's abstract namespace needs no file, so none is left behind.
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
  return () => close(server);
}

/** The machine's name plus a short id, kept in the home. */
async function keptId(home: string): Promise<string> {
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
