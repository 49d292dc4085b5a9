// A host that does everything at once: agents finish, and candidates are built, verified and landed without git or a
// model. For benches of the workflows' cost; the activities are real, and run in this process.

import { NativeConnection, Worker } from '@temporalio/worker';
import { pino } from 'pino';
import { noTotals } from '../../domain/money/usage.ts';
import type { ReportActivities } from '../../contracts/activities/reports.ts';
import type { TrialActivities } from '../../contracts/activities/trial.ts';
import type { LandingActivities } from '../../contracts/activities/landing.ts';
import type { AgentActivities } from '../../contracts/activities/agent.ts';
import type { Sha } from '../../contracts/ids.ts';
import { asSha } from '../../contracts/ids.ts';
import { emptyQueue } from '../../domain/queue/state.ts';
import { installTemporalLog } from '../../workers/temporal-log.ts';
import { taskQueues } from '../../contracts/task-queues.ts';

export interface InstantHost {
  /** Number of units landed. */
  landed(): number;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Only one at a time, because it installs Temporal's runtime for the process. */
export async function startInstantHost(address: string, namespace = 'default'): Promise<InstantHost> {
  installTemporalLog(pino({ level: 'error' }, pino.destination(2)));
  const connection = await NativeConnection.connect({ address });
  let landed = 0;
  const activities = instantActivities(() => (landed += 1));
  const workers = await Promise.all(
    [taskQueues.agents, taskQueues.verify, taskQueues.landing].map((taskQueue) =>
      Worker.create({ connection, namespace, taskQueue, activities }),
    ),
  );
  const running = Promise.all(workers.map((worker) => worker.run()));
  return {
    landed: () => landed,
    async [Symbol.asyncDispose]() {
      for (const worker of workers) worker.shutdown();
      await running;
      await connection.close();
    },
  };
}

const oneFile = { files: 1, additions: 1, deletions: 0 };

function instantActivities(
  onLanded: () => void,
): AgentActivities & LandingActivities & TrialActivities & ReportActivities {
  let made = 0;
  const nextSha = (): Sha => asSha((made += 1).toString(16).padStart(40, '0'));
  return {
    async runSlice() {
      const [result, base, verdict] = [nextSha(), nextSha(), { decide: 'allow' } as const];
      const outcome = { status: 'done', result, base, verdict, changed: ['src/a.ts'], changedCount: 1 } as const;
      return { outcome, totals: { ...noTotals, turns: 2, costUsd: 0.01, hosts: ['host'] }, seconds: 0 };
    },
    async buildTrain({ members }) {
      for (const _ of members) onLanded();
      return {
        status: 'landed',
        target: nextSha(),
        rules: emptyQueue('').rules,
        members: members.map(() => ({ status: 'stacked', commit: nextSha(), key: null, size: oneFile })),
        source: null,
        targetKey: null,
      };
    },
    async landTrain() {
      return { status: 'landed' };
    },
    tryTarget: async () => ({ status: 'green', commit: nextSha(), log: null }),
    saveRecords: async () => nextSha(),
    writeReport: async () => nextSha(),
  };
}
