// The run's slow watchdog: finds units whose workflows are gone (terminated by hand, for example). Read-only, so safe
// to repeat.

import type { Client } from '@temporalio/client';
import type { ControlActivities } from '../../contracts/activities/control.ts';
import type { UnitId } from '../../contracts/ids.ts';
import { WorkflowNotFoundError } from '@temporalio/client';
import { unitWorkflowId } from '../../contracts/ids.ts';

export function makeFindEndedUnits(client: Client): ControlActivities['findEndedUnits'] {
  return async ({ context, units }) => {
    const ended: UnitId[] = [];
    for (const unit of units) {
      if (!(await isOpen(client, unitWorkflowId(context.run, unit)))) ended.push(unit);
    }
    return ended;
  };
}

async function isOpen(client: Client, workflowId: string): Promise<boolean> {
  try {
    const { status } = await client.workflow.getHandle(workflowId).describe();
    return status.name === 'RUNNING' || status.name === 'PAUSED';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
