// Whether a run stands still because no host has room: hosts give such tasks back, and the server keeps what they said.
// Read-only, so safe to repeat.

import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { ControlActivities } from '../../contracts/activities/control.ts';
import type { FailureType } from '../../contracts/failures.ts';
import { unitWorkflowId } from '../../contracts/ids.ts';

/** Units that are looked at: if any of them has a host, the run gets on. */
const mostUnits = 20;
const full = 'HostFull' satisfies FailureType;

export function makeFindFullHosts(client: Client): ControlActivities['findFullHosts'] {
  return async ({ run, units }) => {
    const problems: string[] = [];
    for (const unit of units.slice(0, mostUnits)) {
      const problem = await problemOf(client, unitWorkflowId(run, unit));
      if (problem !== null) problems.push(problem);
    }
    const [problem] = problems;
    return problem === undefined || problems.length < Math.min(units.length, mostUnits)
      ? null
      : { units: units.length, problem };
  };
}

/** What a host said when it gave the unit's task back, if the task waits for that reason. */
async function problemOf(client: Client, workflowId: string): Promise<string | null> {
  try {
    const { raw } = await client.workflow.getHandle(workflowId).describe();
    const failures = (raw.pendingActivities ?? []).flatMap(({ lastFailure }) => lastFailure ?? []);
    const found = failures.find(({ applicationFailureInfo }) => applicationFailureInfo?.type === full);
    return found === undefined ? null : (found.message ?? full).slice(0, 300);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}
