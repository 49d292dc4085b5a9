// The slow look of a run's board: whether its run goes on, and which of its units have ended. Read-only, so safe to
// repeat.

import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { ControlActivities } from '../../contracts/activities/control.ts';
import { type UnitId, runWorkflowId, unitWorkflowId } from '../../contracts/ids.ts';

export function makeLookAtRun(client: Client): ControlActivities['lookAtRun'] {
  return async ({ run, units }) => {
    const open = (await stateOf(client, runWorkflowId(run))) === 'open';
    if (!open) return { open, ended: [...units] };
    const ended: UnitId[] = [];
    for (const unit of units) if ((await stateOf(client, unitWorkflowId(run, unit))) === 'ended') ended.push(unit);
    return { open, ended };
  };
}

async function stateOf(client: Client, workflowId: string): Promise<'open' | 'ended' | 'unknown'> {
  try {
    const { status } = await client.workflow.getHandle(workflowId).describe();
    return status.name === 'RUNNING' || status.name === 'PAUSED' ? 'open' : 'ended';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'unknown';
    throw error;
  }
}
