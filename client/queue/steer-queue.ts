// Steers a merge queue: the queue judges, and answers whether it did.

import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import { type SteerRequest, steerUpdate } from '../../contracts/messages/queue.ts';
import { failure } from '../../contracts/failures.ts';
import { withWorker } from '../with-worker.ts';

/** Returns what was done, in words. Throws `Refused` with the reason, `NotFound` and `TemporalUnreachable`. */
export async function steerQueue(client: Client, queue: string, request: SteerRequest): Promise<string> {
  try {
    const handle = client.workflow.getHandle(queue);
    const answer = await withWorker(client, () => handle.executeUpdate(steerUpdate, { args: [request] }));
    if (answer.accepted) return answer.message;
    throw failure('Refused', answer.message, {
      hint: 'Nothing was changed; `coppice queue list` shows what there is.',
    });
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    throw failure('NotFound', 'there is no merge queue of this branch yet: nothing was ever handed in', {
      hint: 'Check --repo and --branch.',
      cause: error,
    });
  }
}
