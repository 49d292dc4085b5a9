// `coppice worker` as a process: takes the home, connects, and serves until a signal drains it.

import type { Role } from '../../../workers/settings.ts';
import { drainOnSignal, sayReady } from '../process.ts';
import { makeLog } from '../../../workers/log.ts';
import { installTemporalLog } from '../../../workers/temporal-log.ts';
import { openHome } from '../../../workers/host-identity.ts';
import { defaultSlots, defaultVerifySlots } from '../../../workers/slots.ts';
import { homeOfProcess } from '../home.ts';
import { startWorker } from '../../../workers/worker.ts';
import { temporalTarget, unreachable } from '../../temporal.ts';
import { wholeNumber } from '../numbers.ts';

export interface WorkerOptions {
  readonly role: Role;
  readonly slots?: number;
  readonly verifySlots?: number;
  readonly labels?: string;
}

export async function runWorker({ role, slots, verifySlots, labels }: WorkerOptions): Promise<void> {
  const log = makeLog('worker');
  if (labels !== undefined) log.warn('--labels has no effect: every host takes every unit, whatever its labels');
  installTemporalLog(log);
  const home = homeOfProcess();
  const { hostId, release } = await openHome(home, process.env['COPPICE_HOST_ID']);
  const temporal = await temporalTarget(process.env, home);
  const worker = await startWorker({
    role,
    home,
    hostId,
    temporal,
    log,
    env: process.env,
    slots: slots ?? defaultSlots(),
    verifySlots: verifySlots ?? defaultVerifySlots(),
    ...workflowCache(process.env['COPPICE_WORKFLOW_CACHE']),
  }).catch((error: unknown) => {
    throw error instanceof Error && /connect/i.test(error.name + error.message) ? unreachable(temporal, error) : error;
  });
  drainOnSignal(() => worker.drain(), log);
  sayReady({ role, host: hostId, temporal: temporal.address });
  await worker.ended;
  await release();
}

/** `COPPICE_WORKFLOW_CACHE`: workflows kept in memory; 0 replays every task, to find non-determinism. */
function workflowCache(text: string | undefined): { maxCachedWorkflows?: number } {
  return text ? { maxCachedWorkflows: wholeNumber(0)(text) } : {};
}
