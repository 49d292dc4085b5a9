// A server on loopback that hangs up on every connection: it shows whether a command has the network.

import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

export interface Listener {
  readonly port: number;
  /** How often somebody has connected. */
  reached: number;
  close(): void;
}

export async function startListener(): Promise<Listener> {
  const server = createServer((socket) => {
    listener.reached += 1;
    socket.end();
  });
  const listener: Listener = { port: 0, reached: 0, close: () => void server.close() };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(listener, { port: (server.address() as AddressInfo).port });
}
