// `coppice dev` as a process: an embedded Temporal server with its data in COPPICE_HOME, a worker with all roles, and
// the gateway if a medium is configured. Separate from the command's file, which every command loads.

import { join } from 'node:path';
import type { Logger } from 'pino';
import { connectClient } from '../../temporal.ts';
import { defaultSlots, defaultVerifySlots } from '../../../workers/slots.ts';
import { drainOnSignal, sayReady } from '../process.ts';
import { makeLog } from '../../../workers/log.ts';
import { ensureBareRepository } from '../../../git/state-files.ts';
import { homeOfProcess } from '../home.ts';
import { installTemporalLog } from '../../../workers/temporal-log.ts';
import { openHome } from '../../../workers/host-identity.ts';
import { removeDevRecord, writeDevRecord } from '../../dev-record.ts';
import { gatewayHost } from '../../../domain/environment.ts';
import { startGateway } from '../../gateway/start-gateway.ts';
import { startTemporalServer } from '../../../workers/server/temporal-server.ts';
import { startWorker } from '../../../workers/worker.ts';

export interface DevOptions {
  readonly port: number;
  readonly uiPort?: number;
  readonly slots?: number;
  readonly ephemeral?: boolean;
}

export async function runDev({
  port,
  uiPort = port + 1000,
  slots = defaultSlots(),
  ephemeral = false,
}: DevOptions): Promise<void> {
  const log = makeLog('dev');
  installTemporalLog(log);
  const home = homeOfProcess();
  const { hostId, release } = await openHome(home, process.env['COPPICE_HOST_ID']);
  const address = `127.0.0.1:${port}`;
  const server = await startTemporalServer({
    port,
    uiPort,
    log,
    database: ephemeral ? null : join(home, 'temporal.db'),
  });
  try {
    const stateRemote = process.env['COPPICE_STATE_REMOTE'] ?? join(home, 'state-remote.git');
    if (process.env['COPPICE_STATE_REMOTE'] === undefined) await ensureBareRepository(stateRemote);
    const ui = `http://127.0.0.1:${uiPort}`;
    const temporal = { address, namespace: 'default', options: { address } };
    const worker = await startWorker({
      role: 'all',
      home,
      hostId,
      temporal,
      log,
      slots,
      verifySlots: defaultVerifySlots(),
      // For links to it; people elsewhere may reach it by another address.
      env: { ...process.env, COPPICE_TEMPORAL_UI: process.env['COPPICE_TEMPORAL_UI'] || ui },
    });
    drainOnSignal(() => worker.drain(), log);
    const gateway = await startDevGateway(address, log);
    await writeDevRecord(home, { pid: process.pid, temporalAddress: address, stateRemote, ui });
    sayReady({ temporal: address, ui, host: hostId, ...gateway.details });
    await worker.ended;
    await gateway.close();
  } finally {
    await removeDevRecord(home);
    await server.stop();
    await release();
  }
}

/** Socket Mode needs no port, but the gateway opens one anyway, for `/healthz`. */
async function startDevGateway(
  address: string,
  log: Logger,
): Promise<{ details: Record<string, string>; close(): Promise<void> }> {
  const { env } = process;
  const client = await connectClient({ address, namespace: 'default', options: { address } });
  const gateway = await startGateway({ host: gatewayHost(env), port: 3000, env, client, log });
  return {
    details: gateway === null ? {} : { gateway: String(gateway.port) },
    async close() {
      await gateway?.close();
      await client.connection.close();
    },
  };
}
