// Asks an open run to do something, and hears whether it did.

import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { RunId } from '../domain/ids.ts';
import type { UnitActionAnswer, WordAnswer } from '../domain/views.ts';
import { failure } from '../domain/failures.ts';
import { runWorkflowId } from '../domain/ids.ts';
import { withWorker } from './with-worker.ts';

/** The unit, null for the whole run; and who acts, where that is kept. */
export type UpdateArguments = [unit: string | null, by?: string];

/** Null when the run has ended. Throws `TemporalUnreachable`. */
export async function updateRun(
  client: Client,
  run: RunId,
  update: string,
  args: UpdateArguments,
): Promise<UnitActionAnswer | null> {
  const handle = client.workflow.getHandle(runWorkflowId(run));
  try {
    return await withWorker(client, () => handle.executeUpdate<UnitActionAnswer, UpdateArguments>(update, { args }));
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}

export function refusal(answer: Extract<UnitActionAnswer | WordAnswer, { accepted: false }>): Error {
  return failure(answer.known ? 'Refused' : 'NotFound', answer.message);
}
