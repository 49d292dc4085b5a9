// A merge queue for scripts and commands: what is in it, and how to steer it.

import type { Client } from '@temporalio/client';
import type { BranchQueue, QueueDocument } from './queue-document.ts';
import type { QueuePlace } from '../../domain/queue/start.ts';
import type { QueueViewRequest } from '../../contracts/queue-view.ts';
import { readQueue } from './read-queue.ts';
import { steerQueue } from './steer-queue.ts';
import { watchChanges } from '../watch/watch-run.ts';

export async function openQueue(
  client: Client,
  by: string,
  place: QueuePlace,
  request: QueueViewRequest = {},
): Promise<BranchQueue> {
  const { slug: _, ...where } = place;
  const read = (): Promise<QueueDocument> => readQueue(client, where, request);
  return {
    id: where.queue,
    ...(await read()),
    refresh: (again = request) => openQueue(client, by, place, again),
    watch: (options) => watchChanges({ read, isLast: () => false, textOf: withoutForecast }, options),
    steer: (asked) => steerQueue(client, place, { ...asked, by }),
  };
}

/** The forecast moves with the clock. */
function withoutForecast(document: QueueDocument): string {
  return JSON.stringify(document, (name, value: unknown) => (name === 'expectedAt' ? null : value));
}
