// One worker process: polls the task queues of its role and connects activities to this host's git, sandbox and model.
//
//   orchestrator   workflows, and the activities that need only Temporal and Slack
//   host           agent sessions and verification, each with slots of its own
//
// `drain` is not cancel: the host takes no more work, sessions finish the turn in flight and give their unit back.
// Meanwhile it still answers questions about itself, and an orchestrator in the same process still runs the workflows.

import type { WorkerSettings } from './settings.ts';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { hostQueue, presenceQueue, taskQueues } from '../contracts/task-queues.ts';
import { controlActivities } from './control-activities.ts';
import { redactingActivities } from './redaction.ts';
import { adoptQueues } from '../temporal/adopt-queues.ts';
import { makeTellQueue } from '../activities/control/tell-queue.ts';
import { ensureSearchAttributes } from '../temporal/search-attributes.ts';
import { type Host, openHost } from './host.ts';
import { workflowCode } from './workflow-code.ts';

export interface RunningWorker {
  /** Takes no more work and lets the work in flight finish. */
  drain(): void;
  /** Resolves when everything has ended; rejects if a poller failed for good. */
  readonly ended: Promise<void>;
}

/** Merges in memory and pushes: short, and mostly waiting for a remote. */
const landingSlots = 4;
/** Longest time that a draining host waits for turns in flight; then they are cancelled, and the checkpoint holds. */
const drainGrace = '5m';
/** How long the server waits for the worker that has a workflow cached before another one must replay it. */
const stickyTimeout = '5s';
/** A cancel arrives with a heartbeat, so this limits how long a session takes to notice it. */
const heartbeatThrottle = '3s';

export async function startWorker(settings: WorkerSettings): Promise<RunningWorker> {
  const { temporal, role, maxCachedWorkflows } = settings;
  const connection = await NativeConnection.connect(temporal.options);
  const clientConnection = await Connection.connect(temporal.options);
  await ensureSearchAttributes(clientConnection, temporal.namespace);
  const client = new Client({ connection: clientConnection, namespace: temporal.namespace });
  let draining = false;
  const shared = {
    connection,
    namespace: temporal.namespace,
    identity: settings.hostId,
    shutdownGraceTime: drainGrace,
    maxHeartbeatThrottleInterval: heartbeatThrottle,
    defaultHeartbeatThrottleInterval: heartbeatThrottle,
  } as const;
  /** Those that do the work end first; only then those that people and workflows ask. */
  const working: Worker[] = [];
  const answering: Worker[] = [];
  let host: Host | null = null;
  if (role !== 'host') {
    shareNoBuffers();
    const adopted = await adoptQueues(client, makeTellQueue(client));
    if (adopted.length > 0) settings.log.info({ queues: adopted }, 'went on with merge queues of an earlier release');
    answering.push(
      await Worker.create({
        ...shared,
        taskQueue: taskQueues.workflows,
        ...(await workflowCode()),
        activities: { ...controlActivities(client, settings) },
        stickyQueueScheduleToStartTimeout: stickyTimeout,
        ...(maxCachedWorkflows === undefined ? {} : { maxCachedWorkflows }),
      }),
    );
  }
  if (role !== 'orchestrator') {
    host = await openHost(settings, client, () => draining);
    const { slots, verifySlots } = settings;
    const onHost = { ...shared, interceptors: { activity: [redactingActivities(host.redact)] } };
    const ownQueue = { ...onHost, activities: { ...host.own }, maxConcurrentActivityTaskExecutions: 1 };
    working.push(
      await Worker.create({
        ...onHost,
        taskQueue: taskQueues.agents,
        activities: { ...host.agents },
        maxConcurrentActivityTaskExecutions: slots,
      }),
      await Worker.create({
        ...onHost,
        taskQueue: taskQueues.verify,
        activities: { ...host.verification },
        maxConcurrentActivityTaskExecutions: verifySlots,
      }),
      await Worker.create({
        ...onHost,
        taskQueue: taskQueues.landing,
        activities: { ...host.landing },
        maxConcurrentActivityTaskExecutions: landingSlots,
      }),
    );
    answering.push(
      await Worker.create({ ...ownQueue, taskQueue: hostQueue(settings.hostId) }),
      await Worker.create({ ...ownQueue, taskQueue: presenceQueue }),
    );
  }
  const worked = Promise.all(working.map((worker) => worker.run()));
  const answered = Promise.all(answering.map((worker) => worker.run()));
  const ended = Promise.all([worked, answered]).then(async () => {
    await host?.stop();
    await clientConnection.close();
    await connection.close();
  });
  return {
    ended,
    drain() {
      if (draining) return;
      draining = true;
      void host?.stop();
      shutDown(working);
      void worked.then(
        () => shutDown(answering),
        () => shutDown(answering),
      );
    },
  };
}

function shutDown(workers: readonly Worker[]): void {
  for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
}

/**
 * For each workflow in its cache, the SDK keeps the last answer, a few hundred bytes of a chunk that Node shares between
 * small buffers. Each would keep its chunk: 64 KB since Node 24.
 */
function shareNoBuffers(): void {
  Buffer.poolSize = 0;
}
