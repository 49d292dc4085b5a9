// Subscribes a queue to a verification, and starts it if need be: workflows cannot signal-with-start.
// Safe to run twice: a queue is subscribed once, however often it asks. If the first call was lost after the verification
// had failed, the second starts it again, and the queue hears one verdict more.

import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { ControlActivities } from '../../contracts/activities/control.ts';
import type { Verdict } from '../../contracts/activities/verification.ts';
import { WorkflowIdReusePolicy } from '@temporalio/common';
import { acceptedUrl } from '../../git/remote-for.ts';
import { coppicePhase, coppiceRepository } from '../../contracts/search-attributes.ts';
import { subscribeSignal, verificationWorkflowType } from '../../contracts/messages/verification.ts';
import { taskQueues } from '../../contracts/task-queues.ts';
import { verificationWorkflowId } from '../../contracts/ids.ts';

export function makeRequestVerification(client: Client): ControlActivities['requestVerification'] {
  return async ({ key, subscription }) => {
    const workflowId = verificationWorkflowId(key);
    try {
      await client.workflow.signalWithStart(verificationWorkflowType, {
        workflowId,
        taskQueue: taskQueues.workflows,
        args: [{ key }],
        signal: subscribeSignal,
        signalArgs: [subscription],
        // One that ended well was green: it is not repeated.
        workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
        staticSummary: 'Verifies a tree',
        typedSearchAttributes: [
          { key: coppiceRepository, value: acceptedUrl(subscription.source.repository).slug },
          { key: coppicePhase, value: 'verification' },
        ],
      });
      return null;
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
    return client.workflow.getHandle<() => Promise<Verdict>>(workflowId).result();
  };
}
