// Blocks of network ports, one per session and verification, disjoint on the whole machine. The ports are divided into
// small cells. Each cell in use is held by a name in Linux's abstract socket namespace, which has the same scope as
// ports and frees a name however its holder dies. Ports that another program listens on are skipped.

import { type Server, createServer } from 'node:net';
import { failure } from '../../contracts/failures.ts';

/** Below the ports that Linux uses for outgoing connections (32768 and above). */
const lattice = { from: 20_000, to: 32_000, cell: 10 } as const;
const cells = (lattice.to - lattice.from) / lattice.cell;

export interface PortBlock {
  readonly base: number;
  readonly count: number;
  release(): Promise<void>;
}

/** Moves in a circle, so that released ports rest for a while. */
let next = (process.pid * 7) % cells;

/** Takes `count` consecutive free ports, from 1 to 1,000. Throws `PortsTaken`. */
export async function takePorts(count: number): Promise<PortBlock> {
  const wanted = Math.ceil(count / lattice.cell);
  for (let tried = 0; tried < cells; tried++) {
    const first = next;
    next = (next + 1) % cells;
    if (first + wanted > cells) continue;
    const held = await holdCells(first, wanted);
    if (held === null) continue;
    const base = lattice.from + first * lattice.cell;
    if (await allFree(base, count)) {
      next = (first + wanted) % cells;
      return { base, count, release: () => closeAll(held) };
    }
    await closeAll(held);
  }
  throw failure('PortsTaken', `no ${count} ports in a row are free between ${lattice.from} and ${lattice.to}`);
}

async function holdCells(first: number, wanted: number): Promise<Server[] | null> {
  const held: Server[] = [];
  for (let cell = first; cell < first + wanted; cell++) {
    const server = await listen({ path: `\0coppice-ports-${lattice.from + cell * lattice.cell}` });
    if (server === null) {
      await closeAll(held);
      return null;
    }
    held.push(server);
  }
  return held;
}

async function allFree(base: number, count: number): Promise<boolean> {
  for (let port = base; port < base + count; port++) {
    // Without a host: every address, of both families if there are two.
    const server = await listen({ port });
    if (server === null) return false;
    await closeAll([server]);
  }
  return true;
}

/** Null if the address is in use. */
function listen(where: { path: string } | { port: number }): Promise<Server | null> {
  const server = createServer((socket) => socket.destroy());
  server.unref();
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(null);
      else reject(error);
    });
    server.listen({ ...where, exclusive: true }, () => resolve(server));
  });
}

async function closeAll(servers: readonly Server[]): Promise<void> {
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
}
