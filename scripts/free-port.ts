// Ports of the loopback interface for servers that must be told one.

import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { createServer } from 'node:net';

/** As many different ports, all of which were free a moment ago. */
export function freePorts(count: number): Promise<number[]> {
  return probe(count, () => listening(0));
}

/** The same from 20000 to 32000: below what systems give out by themselves, for who cannot store higher numbers. */
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

/** All are held until the last one is found: one after the other could give the same one twice. */
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
