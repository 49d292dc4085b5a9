// Steers an open run: pauses and resumes it, or one of its units, and sends messages to a unit's agent. The run or the
// unit answers whether it did; a run or unit that has ended refuses.

import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import { randomUUID } from 'node:crypto';
import type { MessageAnswer } from '../../contracts/messages/unit.ts';
import type { UnitActionAnswer } from '../../contracts/messages/run.ts';
import type { PersonMessage } from '../../contracts/activities/agent.ts';
import type { FoundRun } from '../runs/find-run.ts';
import type { RunId, UnitId } from '../../contracts/ids.ts';
import { messageUpdate } from '../../contracts/messages/unit.ts';
import { failure } from '../../contracts/failures.ts';
import { unitWorkflowId } from '../../contracts/ids.ts';
import { pauseUpdate, resumeUpdate } from '../../contracts/messages/run.ts';
import { hasEnded, refusal, updateRun } from './update-run.ts';
import { withWorker } from '../with-worker.ts';

interface Steered {
  readonly client: Client;
  readonly found: FoundRun;
  /** Null = the whole run. */
  readonly unit: UnitId | null;
}

/** Throws `Refused` with the reason, and `NotFound` if the run has no such unit. */
export async function pauseRun({ client, found, unit }: Steered, by: string): Promise<void> {
  take(found.open ? await updateRun(client, found.run, pauseUpdate, [unit, by]) : null, found.run, unit);
}

/** Throws as `pauseRun` does. */
export async function resumeRun({ client, found, unit }: Steered): Promise<void> {
  take(found.open ? await updateRun(client, found.run, resumeUpdate, [unit]) : null, found.run, unit);
}

/** Most characters in a message. */
const longestMessage = 4000;

/** The agent gets the message at its next turn. Throws as `pauseRun` does, and `BadInput`. */
export async function sendMessage(
  { client, found, unit }: Steered & { readonly unit: UnitId },
  { by, text }: { readonly by: string; readonly text: string },
): Promise<void> {
  if (text.trim() === '') throw failure('BadInput', 'the message is empty');
  if (text.length > longestMessage) {
    throw failure('BadInput', `a message has at most ${longestMessage} characters, not ${text.length}`);
  }
  if (!found.open) throw hasEnded(found.run);
  const handle = client.workflow.getHandle(unitWorkflowId(found.run, unit));
  const word: PersonMessage = { id: `message:${randomUUID()}`, by, text, call: null };
  try {
    take(
      await withWorker(client, () => handle.executeUpdate(messageUpdate, { args: [word], updateId: word.id })),
      found.run,
      unit,
    );
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    throw failure('Refused', `nothing is working on ${unit} now: it has not started, or it has ended`, {
      cause: error,
      hint: `\`coppice status ${found.run}\` shows which it is.`,
    });
  }
}

/** `answer` null = the run has ended. */
function take(answer: UnitActionAnswer | MessageAnswer | null, run: RunId, unit: UnitId | null): void {
  if (answer === null) throw hasEnded(run);
  if (!answer.accepted) throw refusal(answer, { run, unit });
}
