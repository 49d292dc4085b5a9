// Sends messages to merge queues. Workflows cannot signal-with-start, so every message to a queue goes through this
// activity.
// Safe to run twice: the queue recognises a message about a result that it has or has answered.

import type { Client } from '@temporalio/client';
import type { ControlActivities } from '../../contracts/activities/control.ts';
import { mergeQueueWorkflowType, queueSignal } from '../../contracts/messages/queue.ts';
import { queueStart } from '../../domain/queue/start.ts';

export function makeTellQueue(client: Client): ControlActivities['tellQueue'] {
  return async ({ message, ...place }) => {
    await client.workflow.signalWithStart(mergeQueueWorkflowType, {
      ...queueStart(place),
      signal: queueSignal,
      signalArgs: [message],
    });
  };
}
