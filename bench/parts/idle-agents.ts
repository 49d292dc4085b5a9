// A host that takes every unit and never finishes one, for benches of waiting runs. Real Temporal activities, no git,
// no model.

import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { NativeConnection, Worker } from '@temporalio/worker';
import { installTemporalLog } from '../../workers/temporal-log.ts';
import { pino } from 'pino';
import { taskQueues } from '../../contracts/task-queues.ts';

export interface IdleAgents {
  /** Number of units taken. */
  taken(): number;
  [Symbol.asyncDispose](): Promise<void>;
}

let isLogInstalled = false;

export async function startIdleAgents(address: string, slots: number): Promise<IdleAgents> {
  if (!isLogInstalled) installTemporalLog(pino({ level: 'error' }, pino.destination(2)));
  isLogInstalled = true;
  const connection = await NativeConnection.connect({ address });
  let taken = 0;
  const worker = await Worker.create({
    connection,
    taskQueue: taskQueues.agents,
    maxConcurrentActivityTaskExecutions: slots,
    activities: {
      async runSlice(): Promise<never> {
        const { heartbeat, cancelled } = Context.current();
        taken += 1;
        const beat = (): void => heartbeat({ host: 'host', turn: 1, costUsd: 0, doing: 'thinking' });
        beat();
        const beating = setInterval(beat, 5_000);
        try {
          return await cancelled;
        } finally {
          clearInterval(beating);
        }
      },
    },
  });
  const running = worker.run();
  return {
    taken: () => taken,
    async [Symbol.asyncDispose]() {
      worker.shutdown();
      // Its server is stopped right afterwards.
      await Promise.race([running, sleep(1_000)]);
    },
  };
}
