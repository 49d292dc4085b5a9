// Trains of merge queues that nothing needs any more: a host that died, or a queue that was ended by hand, leaves its
// trains on the state remote. Those of a queue that has something in flight are left alone, unless they are older than
// the oldest of these.

import type { Client } from '@temporalio/client';
import { commitDates } from '../../git/state-refs.ts';
import { isAtWork, queueOfTrain, trainRefPattern } from '../../domain/run/pruning.ts';
import { listRemote, type Remote } from '../../git/remote.ts';
import { mergeQueueWorkflowType, queueViewQuery } from '../../contracts/messages/queue.ts';
import { mostViewed } from '../../contracts/queue-view.ts';
import type { Sha } from '../../contracts/ids.ts';
import { withWorker } from '../with-worker.ts';

/** Refs of trains whose results were handed in before `before`. */
export async function findOldTrains(client: Client, remote: Remote, before: Date): Promise<ReadonlyMap<string, Sha>> {
  const listed = (await listRemote(remote, [trainRefPattern])).refs;
  const trains = new Map([...listed].filter(([ref]) => queueOfTrain(ref) !== null));
  if (trains.size === 0) return trains;
  const dates = await commitDates(remote, trains);
  const old = [...trains].filter(([ref]) => (dates.get(ref) ?? before) < before);
  const queues = await openQueues(client);
  const oldest = new Map<string, number | null>();
  for (const hash of new Set(old.map(([ref]) => queueOfTrain(ref) ?? ''))) {
    const queue = queues.find((id) => id.endsWith(`-${hash}`));
    oldest.set(hash, queue === undefined ? null : await oldestAtWork(client, queue));
  }
  return new Map(old.filter(([ref]) => !isAtWork(ref, oldest.get(queueOfTrain(ref) ?? '') ?? null)));
}

async function openQueues(client: Client): Promise<string[]> {
  const query = `WorkflowType = '${mergeQueueWorkflowType}' AND ExecutionStatus = 'Running'`;
  const ids: string[] = [];
  for await (const { workflowId } of client.workflow.list({ query })) ids.push(workflowId);
  return ids;
}

/** The number of the oldest train that a queue needs; null = none, 0 if the queue does not answer. */
async function oldestAtWork(client: Client, queue: string): Promise<number | null> {
  const handle = client.workflow.getHandle(queue);
  const view = await withWorker(client, () => handle.query(queueViewQuery, { limit: mostViewed })).catch(() => null);
  if (view === null) return 0;
  const numbers = [...view.trains, ...view.entries].flatMap(({ train }) => (train === null ? [] : [train]));
  return numbers.length === 0 ? null : Math.min(...numbers);
}
