// What people asked a run's merge queue to do with its units. The queue serves other runs, too, and continues as new, so
// only the executions from the run's time are read.

import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { ActEntry, MissingPart } from './entries.ts';
import type { FoundRun } from '../runs/find-run.ts';
import { actsInQueue } from './acts.ts';
import { readHistory, timeOf } from './history.ts';

export async function readQueueActs(
  client: Client,
  { run, startedAt }: Pick<FoundRun, 'run' | 'startedAt'>,
  queue: string,
): Promise<{ readonly acts: readonly ActEntry[]; readonly missing: readonly MissingPart[] }> {
  const acts: ActEntry[] = [];
  let runId = await newestOf(client, queue);
  while (runId !== null) {
    const events = await readHistory(client, { workflowId: queue, runId });
    if (events === null) {
      const text = `${queue}: its history from a part of the run's time has gone`;
      return { acts, missing: [{ workflow: queue, text }] };
    }
    acts.push(...actsInQueue(events, run));
    const [first] = events;
    if (first === undefined || timeOf(first) <= startedAt.toISOString()) break;
    runId = first.workflowExecutionStartedEventAttributes?.continuedExecutionRunId || null;
  }
  return { acts, missing: [] };
}

/** Null if nothing was ever handed in on the branch. */
async function newestOf(client: Client, queue: string): Promise<string | null> {
  try {
    return (await client.workflow.getHandle(queue).describe()).runId;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}
