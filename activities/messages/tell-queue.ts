// Messages to merge queues. Workflows cannot signal-with-start, so every message to a queue is this activity.
// Safe to run twice: the queue recognises a message about a result that it has or has answered.

import type { Client } from '@temporalio/client';
import type { ControlActivities } from '../../domain/activity-contracts.ts';
import { coppicePhase, coppiceRepository } from '../../domain/search-attributes.ts';
import { markdownCode } from '../../domain/text/inert.ts';
import { taskQueues } from '../../domain/task-queues.ts';

export function makeTellQueue(client: Client): ControlActivities['tellQueue'] {
  return async ({ queue, repository, branch, message }) => {
    await client.workflow.signalWithStart('mergeQueueWorkflow', {
      workflowId: queue,
      taskQueue: taskQueues.workflows,
      args: [{ repository, branch }],
      signal: 'queue',
      signalArgs: [message],
      staticSummary: `Merge queue of ${markdownCode(branch)}`,
      typedSearchAttributes: [
        { key: coppiceRepository, value: queue.replace(/^queue:/, '').replace(/-[0-9a-f]{8}$/, '') },
        { key: coppicePhase, value: 'queue' },
      ],
    });
  };
}
