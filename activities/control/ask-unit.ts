// Asks why a slice was cancelled, which only its unit's workflow knows. A query, so it adds nothing to the history.

import type { Client } from '@temporalio/client';
import type { StopRequest } from '../../contracts/activities/agent.ts';
import { stopRequestQuery } from '../../contracts/messages/unit.ts';

export interface WorkflowRef {
  readonly workflowId: string;
  readonly runId: string;
}

/** Time limit for the workflow's answer. */
const withinMs = 10_000;

export function makeAskUnit(client: Client): (unit: WorkflowRef) => Promise<StopRequest> {
  return ({ workflowId, runId }) =>
    client.connection.withDeadline(Date.now() + withinMs, () =>
      client.workflow.getHandle(workflowId, runId).query(stopRequestQuery),
    );
}
