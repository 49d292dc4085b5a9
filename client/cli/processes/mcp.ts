// `coppice mcp` as a process: serves until it is stopped or, on stdio, until its client closes stdin. On stdio nothing
// but the protocol goes to stdout.

import { once } from 'node:events';
import type { McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import type { Logger } from 'pino';
import { Connection } from '../../mcp/connection.ts';
import { sayReady } from '../process.ts';
import { makeLog } from '../../../workers/log.ts';
import { makeMcpServer } from '../../mcp/server.ts';
import { ownVersion } from '../../../workers/own-version.ts';
import { serveHttp } from '../../mcp/serve-http.ts';

export interface McpOptions {
  readonly port?: number;
}

export async function runMcp({ port }: McpOptions): Promise<void> {
  const log = makeLog('mcp');
  const connection = new Connection(process.env);
  const parts = { env: process.env, folder: process.cwd(), version: ownVersion(), log };
  const makeServer = (): McpServer =>
    makeMcpServer({ ...parts, withCoppice: (use, options) => connection.use(use, options) });
  try {
    await (port === undefined ? onStdio(makeServer, log) : onPort(makeServer, port, log));
  } finally {
    await connection.close();
  }
}

async function onStdio(makeServer: () => McpServer, log: Logger): Promise<void> {
  const ended = Promise.race([signalled(), once(process.stdin, 'end'), once(process.stdin, 'close')]);
  const serving = serveStdio(makeServer, {
    onerror: (error) => log.warn({ reason: error.message }, 'a message was refused or broke'),
  });
  sayReady({ mcp: 'stdio' }, process.stderr);
  await ended;
  await serving.close();
}

async function onPort(makeServer: () => McpServer, port: number, log: Logger): Promise<void> {
  const ended = signalled();
  const serving = await serveHttp({ port, makeServer, log });
  sayReady({ mcp: serving.url });
  await ended;
  await serving.close();
}

/** A second signal ends the process at once. */
function signalled(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}
