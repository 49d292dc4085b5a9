// The merge queue of a branch as one document: from its workflow, and of what hosts are doing, from the heartbeats of
// their activities. Costs no signal and no history.

import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import pMap from 'p-map';
import { z } from 'zod';
import type { QueueEntryStatus, RunStatusDocument } from '../watch/status.ts';
import { type QueueView, type QueueViewRequest, queueViewQuery } from '../../contracts/messages/queue.ts';
import type { QueueDocument, VerificationStatus } from './queue-document.ts';
import { verificationWorkflowId } from '../../contracts/ids.ts';
import { withWorker } from '../with-worker.ts';

/** Verifications that are asked at once what they are doing. */
const concurrency = 16;

/** Throws `TemporalUnreachable`. */
export async function readQueue(
  client: Client,
  where: { readonly queue: string; readonly repository: string; readonly branch: string },
  request: QueueViewRequest = {},
): Promise<QueueDocument> {
  const known = await readView(client, where.queue, request);
  const view = known ?? emptyView;
  const verifications = view.trains.flatMap(({ verifications: each }) => each);
  const [described, states] = await Promise.all([
    view.entries.some(({ state }) => state === 'building' || state === 'landing')
      ? describe(client, where.queue)
      : Promise.resolve(null),
    pMap(verifications, ({ key }) => readVerification(client, key), { concurrency }),
  ]);
  const doing = new Map(verifications.map(({ key }, index) => [key, states[index]]));
  return {
    ...where,
    begun: known !== null,
    ...view,
    entries: view.entries.map((entry) => ({ ...entry, ...attemptOf(described, entry.state) })),
    trains: view.trains.map((train) => ({
      ...train,
      verifications: train.verifications.map((each) => ({ ...each, ...(doing.get(each.key) ?? unknown) })),
    })),
  };
}

/** The queue's part of a run's status. Empty if nobody answers. */
export async function readQueuePart(
  client: Client,
  queue: string,
): Promise<Pick<RunStatusDocument, 'queue' | 'queueSwitches'>> {
  const view = await readView(client, queue, {}).catch(() => null);
  if (view === null) return { queue: [] };
  const isBusy = view.entries.some(({ state }) => state === 'building' || state === 'landing');
  const described = isBusy ? await describe(client, queue) : null;
  const { paused, draining, redBase } = view;
  const isOrdinary = paused === null && draining === null && redBase === null;
  return {
    queue: view.entries.map((entry) => ({ ...entry, ...attemptOf(described, entry.state) })),
    ...(isOrdinary ? {} : { queueSwitches: { paused, draining, redBase } }),
  };
}

const emptyView: QueueView = {
  entries: [],
  total: 0,
  paused: null,
  draining: null,
  redBase: null,
  verify: 'tip',
  parallel: 0,
  batch: 0,
  landed: 0,
  trains: [],
  flakes: [],
  reverts: [],
  decisions: [],
};

async function readView(client: Client, queue: string, request: QueueViewRequest): Promise<QueueView | null> {
  try {
    return await withWorker(client, () => client.workflow.getHandle(queue).query(queueViewQuery, request));
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}

function describe(client: Client, workflowId: string): Promise<WorkflowExecutionDescription | null> {
  return client.workflow
    .getHandle(workflowId)
    .describe()
    .catch(() => null);
}

const activityOf = { building: 'buildTrain', landing: 'landTrain' } as const;

function attemptOf(
  described: WorkflowExecutionDescription | null,
  state: QueueEntryStatus['state'],
): Pick<QueueEntryStatus, 'attempt' | 'lastFailure'> {
  if (state !== 'building' && state !== 'landing') return {};
  const pending = pendingActivity(described, activityOf[state]);
  if (pending === undefined) return {};
  return { attempt: pending.attempt ?? 1, lastFailure: pending.lastFailure?.message?.slice(0, 500) ?? null };
}

function pendingActivity(described: WorkflowExecutionDescription | null, name: string) {
  return described?.raw.pendingActivities?.find(({ activityType }) => activityType?.name === name);
}

const unknown: VerificationStatus = { host: null, doing: null, outputAt: null, attempt: null, lastFailure: null };

const heartbeat = z.object({ host: z.string(), doing: z.string(), outputAt: z.string().nullish() });

async function readVerification(client: Client, key: string): Promise<VerificationStatus> {
  const pending = pendingActivity(await describe(client, verificationWorkflowId(key)), 'verifyTree');
  if (pending === undefined) return unknown;
  const [details] = pending.heartbeatDetails?.payloads ?? [];
  const told = heartbeat.safeParse(details === undefined ? null : defaultPayloadConverter.fromPayload(details)).data;
  return {
    host: told?.host ?? null,
    doing: told?.doing ?? null,
    outputAt: told?.outputAt ?? null,
    attempt: pending.attempt ?? 1,
    lastFailure: pending.lastFailure?.message?.slice(0, 500) ?? null,
  };
}
