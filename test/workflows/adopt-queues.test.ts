// Queues that an earlier release has begun, on a real server: none of our code has to read their histories.

import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Client, Connection } from '@temporalio/client';
import type { LandingSubject } from '../../contracts/activities/landing.ts';
import { adoptQueues } from '../../temporal/adopt-queues.ts';
import { coppiceRepository } from '../../contracts/search-attributes.ts';
import { makeTellQueue } from '../../activities/control/tell-queue.ts';
import { mergeQueueWorkflowType, queueMemo, queueSignal } from '../../contracts/messages/queue.ts';
import { openNamespace } from '../setup/namespace.ts';
import { sha, subject } from '../domain/fixtures.ts';
import { defaultPayloadConverter } from '@temporalio/common';

let client: Client;
beforeAll(async () => {
  const { address, namespace } = await openNamespace();
  client = new Client({ connection: await Connection.connect({ address }), namespace });
});
afterAll(() => client.connection.close());

function enqueue(given: LandingSubject) {
  return { type: 'enqueue', subject: given } as const;
}

it('replaces them, and hands in again what was waiting', async () => {
  const [a, b, c] = [subject('a', sha(11)), subject('b', sha(12)), subject('c', sha(13))];
  const queue = a.context.queue;
  const resumed = {
    entries: [{ subject: a, stage: { name: 'waiting' }, since: '' }],
    nextJob: 1,
    landed: 3,
    recent: [],
  };
  const old = await client.workflow.start(mergeQueueWorkflowType, {
    workflowId: queue,
    taskQueue: 'nobody-polls-it',
    args: [{ repository: a.context.repository, branch: 'main', resumed }],
    typedSearchAttributes: [{ key: coppiceRepository, value: 'repository' }],
  });
  await old.signal(queueSignal, enqueue(b));
  await old.signal(queueSignal, enqueue(c));
  await old.signal(queueSignal, { type: 'withdraw', run: b.context.run, unit: b.unit, result: b.result });

  // The server's lists are behind.
  const running = async () => {
    for await (const { workflowId } of client.workflow.list()) return workflowId;
    return null;
  };
  await vi.waitFor(async () => expect(await running()).toBe(queue), { timeout: 30_000, interval: 100 });
  expect(await adoptQueues(client, makeTellQueue(client))).toEqual([queue]);

  const now = client.workflow.getHandle(queue);
  const { memo, status } = await now.describe();
  expect([memo, status.name]).toEqual([queueMemo, 'RUNNING']);
  const { events } = await now.fetchHistory();
  const heard = (events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signal }) =>
    signal ? [defaultPayloadConverter.fromPayload<unknown>(signal.input?.payloads?.[0] ?? {})] : [],
  );
  expect(heard).toEqual([enqueue(a), enqueue(c)]);

  // Once is enough.
  expect(await adoptQueues(client, makeTellQueue(client))).toEqual([]);
});
