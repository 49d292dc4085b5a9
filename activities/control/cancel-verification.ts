// Cancels a verification that nobody waits for, on its own request.
// Safe to run twice: it names one execution, and a cancellation that is requested again changes nothing.

import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { ControlActivities } from '../../contracts/activities/control.ts';
import { verificationWorkflowId } from '../../contracts/ids.ts';

export function makeCancelVerification(client: Client): ControlActivities['cancelVerification'] {
  return async ({ key, runId }) => {
    try {
      await client.workflow.getHandle(verificationWorkflowId(key), runId).cancel();
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
  };
}
