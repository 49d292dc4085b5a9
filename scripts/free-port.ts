// Free loopback ports for servers that must be given one.

import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { createServer } from 'node:net';

/** `count` different ports that were free a moment ago. */
export function freePorts(count: number): Promise<number[]> {
  return probe(count, () => listening(0));
}

/**
 * The same from 20000 to 32000: below the range that systems assign from, for users that cannot store higher numbers.
 */
export function freeLowPorts(count: number): Promise<number[]> {
  return probe(count, async () => {
    for (let tries = 0; tries < 100; tries++) {
      const server = await listening(20_000 + Math.floor(Math.random() * 12_000)).catch(() => null);
      if (server !== null) return server;
    }
    throw new Error('no port between 20000 and 32000 is free');
  });
}

export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}

/** All are held until the last one is found; probing one after the other could return the same port twice. */
async function probe(count: number, listen: () => Promise<Server>): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, listen));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

async function listening(port: number): Promise<Server> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
