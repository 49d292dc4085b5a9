// A proxy to a server that goes silent on demand: connections stay open but nothing comes through, as if a machine
// hangs.

import { once } from 'node:events';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';

export interface SilentProxy {
  readonly address: string;
  silence(): void;
  close(): void;
}

/** `target` is `host:port`. `at`: its own port; 0 = any free one. */
export async function startSilentProxy(target: string, at = 0): Promise<SilentProxy> {
  const [host = '', port = ''] = target.split(':');
  const sockets: Socket[] = [];
  let silent = false;
  const server = createServer((near) => {
    const far = connect(Number(port), host);
    sockets.push(near, far);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (chunk) => silent || to.write(chunk));
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
    }
  }).listen(at, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    silence: () => void (silent = true),
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
