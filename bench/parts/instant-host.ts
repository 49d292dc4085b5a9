// A host that does everything at once: agents finish, and candidates are built, verified and landed without git or a
// model. For benches of the workflows' cost; the activities are real, and run in this process.

import { NativeConnection, Worker } from '@temporalio/worker';
import { pino } from 'pino';
import { noTotals } from '../../domain/money/usage.ts';
import type { ReportActivities } from '../../contracts/activities/reports.ts';
import type { TrialActivities } from '../../contracts/activities/trial.ts';
import type { BuildTrainInput, LandingActivities, QueueRules } from '../../contracts/activities/landing.ts';
import type { AgentActivities } from '../../contracts/activities/agent.ts';
import type { Sha } from '../../contracts/ids.ts';
import type { VerificationActivities } from '../../contracts/activities/verification.ts';
import { asSha, stateRefs } from '../../contracts/ids.ts';
import { emptyQueue } from '../../domain/queue/state.ts';
import { installTemporalLog } from '../../workers/temporal-log.ts';
import { taskQueues } from '../../contracts/task-queues.ts';

export interface InstantHost {
  /** Number of units landed. */
  landed(): number;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Only one at a time, because it installs Temporal's runtime for the process. `verify`: what trains have to pass, at once
 * and always green; null = nothing is to be verified.
 */
export async function startInstantHost(
  address: string,
  namespace = 'default',
  verify: QueueRules['verify'] | null = null,
): Promise<InstantHost> {
  installTemporalLog(pino({ level: 'error' }, pino.destination(2)));
  const connection = await NativeConnection.connect({ address });
  let landed = 0;
  const onLanded = (count: number): void => void (landed += count);
  const activities = { ...instantActivities(onLanded), ...(verify === null ? {} : verifiedTrains(verify, onLanded)) };
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

let made = 0;
function nextSha(): Sha {
  return asSha((made += 1).toString(16).padStart(40, '0'));
}

function instantActivities(
  onLanded: (count: number) => void,
): AgentActivities & LandingActivities & TrialActivities & ReportActivities {
  return {
    async runSlice() {
      const [result, base, verdict] = [nextSha(), nextSha(), { decide: 'allow' } as const];
      const outcome = { status: 'done', result, base, verdict, changed: ['src/a.ts'], changedCount: 1 } as const;
      return { outcome, totals: { ...noTotals, turns: 2, costUsd: 0.01, hosts: ['host'] }, seconds: 0 };
    },
    async buildTrain({ members }) {
      onLanded(members.length);
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

/** Trains whose commits all have something to verify. */
function verifiedTrains(
  verify: QueueRules['verify'],
  onLanded: (count: number) => void,
): LandingActivities & VerificationActivities {
  /** How many results are in a commit, since the beginning. */
  const heights = new Map<Sha, number>();
  let tip = nextSha();
  const heightOf = (commit: Sha): number => heights.get(commit) ?? 0;
  return {
    async buildTrain({ queue, train, contexts, members, on }: BuildTrainInput) {
      const [context] = contexts;
      if (context === undefined) throw new Error('a train without a run');
      const target = on?.target ?? tip;
      const below = heightOf(on?.commit ?? target);
      const stacked = members.map((_, index) => {
        const commit = nextSha();
        heights.set(commit, below + index + 1);
        return { status: 'stacked', commit, key: keyOf(commit), size: oneFile } as const;
      });
      const { repository, stateRemote } = context;
      const source = { repository, stateRemote, ref: stateRefs.train(queue, train), commit: nextSha() };
      const rules = { ...emptyQueue(queue).rules, verify };
      return { status: 'built', target, rules, members: stacked, source, targetKey: keyOf(target) };
    },
    async landTrain({ target, commit }) {
      if (target !== tip) return { status: 'moved' };
      onLanded(heightOf(commit) - heightOf(tip));
      tip = commit;
      return { status: 'landed' };
    },
    verifyTree: async () => ({ status: 'green' }),
  };
}

function keyOf(commit: Sha): string {
  return commit.slice(-32);
}
