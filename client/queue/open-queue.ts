// A merge queue for scripts and commands: what is in it, and how to steer it.

import type { Client } from '@temporalio/client';
import type { BranchQueue } from './queue-document.ts';
import type { QueueViewRequest, SteerRequest } from '../../contracts/messages/queue.ts';
import { readQueue } from './read-queue.ts';
import { steerQueue } from './steer-queue.ts';

interface Where {
  readonly queue: string;
  readonly repository: string;
  readonly branch: string;
}

export async function openQueue(
  client: Client,
  by: string,
  where: Where,
  request: QueueViewRequest = {},
): Promise<BranchQueue> {
  return {
    id: where.queue,
    ...(await readQueue(client, where, request)),
    refresh: (again = request) => openQueue(client, by, where, again),
    steer: (asked) => steerQueue(client, where.queue, { ...asked, by } as SteerRequest),
  };
}
