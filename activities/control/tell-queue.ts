// Sends messages to merge queues. Workflows cannot signal-with-start, so every message to a queue goes through this
// activity.
// Safe to run twice: the queue recognises a message about a result that it has or has answered.

import type { Client } from '@temporalio/client';
import type { ControlActivities } from '../../contracts/activities/control.ts';
import { coppicePhase, coppiceRepository } from '../../contracts/search-attributes.ts';
import { mergeQueueWorkflowType, queueMemo, queueSignal } from '../../contracts/messages/queue.ts';
import { markdownCode } from '../../domain/text/inert.ts';
import { taskQueues } from '../../contracts/task-queues.ts';

export function makeTellQueue(client: Client): ControlActivities['tellQueue'] {
  return async ({ queue, slug, repository, branch, message }) => {
    await client.workflow.signalWithStart(mergeQueueWorkflowType, {
      workflowId: queue,
      taskQueue: taskQueues.workflows,
      args: [{ repository, branch }],
      signal: queueSignal,
      signalArgs: [message],
      memo: queueMemo,
      staticSummary: `Merge queue of ${markdownCode(branch)}`,
      typedSearchAttributes: [
        { key: coppiceRepository, value: slug },
        { key: coppicePhase, value: 'queue' },
      ],
    });
  };
}
