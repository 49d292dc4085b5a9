// Asks an open run to do something, and returns its answer.

import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { UpdateDefinition } from '@temporalio/common';
import type { MessageAnswer } from '../../contracts/messages/unit.ts';
import type { UnitActionAnswer } from '../../contracts/messages/run.ts';
import type { RunId } from '../../contracts/ids.ts';
import { failure } from '../../contracts/failures.ts';
import { runWorkflowId } from '../../contracts/ids.ts';
import { unknownUnit } from '../unit/unknown-unit.ts';
import { isUnanswered, withWorker } from '../with-worker.ts';
import { taskQueues } from '../../contracts/task-queues.ts';

/** Null if the run has ended. Throws `TemporalUnreachable`. */
export async function updateRun<Args extends [unknown, ...unknown[]]>(
  client: Client,
  run: RunId,
  update: UpdateDefinition<UnitActionAnswer, Args>,
  args: Args,
): Promise<UnitActionAnswer | null> {
  const handle = client.workflow.getHandle(runWorkflowId(run));
  try {
    return await withWorker(client, () => handle.executeUpdate(update, { args }));
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    if (!isUnanswered(error)) throw error;
    const message = `no worker answers on ${taskQueues.workflows}; what was asked may still be done when one does`;
    const hint = `Start one with \`coppice worker\`, and look at \`coppice status ${run}\` before you ask again.`;
    throw failure('TemporalUnreachable', message, { cause: error, hint });
  }
}

/** `unit` null = the whole run was asked. */
export function refusal(
  answer: Extract<UnitActionAnswer | MessageAnswer, { accepted: false }>,
  { run, unit }: { readonly run: RunId; readonly unit: string | null },
): Error {
  if (!answer.known && unit !== null) return unknownUnit(run, unit);
  return failure('Refused', answer.message, {
    hint: `Nothing was changed; \`coppice status ${run}\` shows how it is.`,
  });
}

export function hasEnded(run: RunId): Error {
  return failure('Refused', `the run ${run} has ended already`, {
    hint: `\`coppice report ${run}\` says how. \`coppice retry ${run} UNIT\` begins a unit anew that has failed or was cancelled.`,
  });
}
