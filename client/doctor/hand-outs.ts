// How soon the Temporal server hands out tasks, for `coppice doctor`. A workflow on its own task queue takes one empty
// step after another. The doctor itself is its worker, by plain calls, so no other process is needed or disturbed. The
// workflow is deleted at the end; if the doctor dies, it ends by itself.

import { randomUUID } from 'node:crypto';
import { type Client, isGrpcServiceError } from '@temporalio/client';
import { msToTs, tsToMs } from '@temporalio/common/lib/time.js';
import type { Env } from '../../domain/environment.ts';
import type { Finding } from '../../domain/doctor/finding.ts';
import { connectClient, temporalTarget } from '../temporal.ts';
import { areEnough, type HandOut, judgeHandOuts } from '../../domain/doctor/hand-outs.ts';
import { notLookedAt } from '../../domain/doctor/finding.ts';

/** When the measurement stops and uses the steps it has. */
const limitMs = 3_500;
/** Time limit for starting the workflow, and again for deleting it. */
const patienceMs = 1_000;
/** The deadline of a poll: a server refuses short ones. `ended` stops our polls long before it. */
const longestPollMs = 30_000;
const identity = 'coppice doctor';

/** Needs a server that answers. Takes about a second, or three if tasks come slowly; ends within a second of `signal`. */
export async function checkHandOuts(env: Env, home: string, signal: AbortSignal): Promise<Finding> {
  const client = await connectClient(await temporalTarget(env, home));
  try {
    return judgeHandOuts(await timeHandOuts(client, signal));
  } catch (error) {
    const why = isGrpcServiceError(error) ? error.details : String(error);
    return notLookedAt(`the server does not allow the test workflow: ${why}`);
  } finally {
    await client.connection.close();
  }
}

export async function timeHandOuts(client: Client, signal?: AbortSignal): Promise<readonly HandOut[]> {
  const { connection, workflowService: service } = client;
  const { namespace } = client.options;
  // Operators can see it while it runs.
  const workflowId = `coppice-doctor-${randomUUID()}`;
  const taskQueue = { name: workflowId };
  const place = { namespace, taskQueue, identity };
  await connection.withDeadline(Date.now() + patienceMs, () =>
    service.startWorkflowExecution({
      ...place,
      workflowId,
      workflowType: { name: 'coppiceDoctor' },
      requestId: randomUUID(),
      workflowExecutionTimeout: msToTs('30s'),
    }),
  );
  try {
    return await takeSteps(client, place, signal);
  } finally {
    const deletion = { namespace, workflowExecution: { workflowId } };
    const deadline = Date.now() + patienceMs;
    // If that fails, the workflow's time limit ends it.
    await connection.withDeadline(deadline, () => service.deleteWorkflowExecution(deletion)).catch(() => undefined);
  }
}

interface ProbeIds {
  readonly namespace: string;
  readonly taskQueue: { readonly name: string };
  readonly identity: string;
}

async function takeSteps({ connection, workflowService: service }: Client, place: ProbeIds, signal?: AbortSignal) {
  const { namespace } = place;
  const handOuts: HandOut[] = [];
  const enough = new AbortController();
  const ends = [enough.signal, AbortSignal.timeout(limitMs)];
  const ended = AbortSignal.any(signal === undefined ? ends : [...ends, signal]);
  async function poll(): Promise<void> {
    while (!ended.aborted) {
      const task = await service.pollWorkflowTaskQueue(place);
      if (task.taskToken.length === 0) continue;
      handOuts.push({ scheduledMs: tsToMs(task.scheduledTime), startedMs: tsToMs(task.startedTime) });
      if (areEnough(handOuts)) return enough.abort();
      // Asks for another task by way of the queue.
      const { taskToken } = task;
      await service.respondWorkflowTaskCompleted({ namespace, taskToken, identity, forceCreateNewWorkflowTask: true });
    }
  }
  // Two pollers, so that one already waits for the next task while the other one answers.
  const pollers = [poll, poll].map((one) =>
    connection.withDeadline(Date.now() + longestPollMs, () => connection.withAbortSignal(ended, one)),
  );
  for (const ending of await Promise.allSettled(pollers)) {
    if (ending.status === 'rejected' && !ended.aborted) throw ending.reason;
  }
  return handOuts;
}
