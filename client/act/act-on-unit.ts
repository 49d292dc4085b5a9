// Cancels, retries or leaves out a unit: asks the run while it is open. For a retry or a skip, a run that has ended is
// reopened, from its plan and its report in git: what has landed stays landed, the rest continues.

import type { Client } from '@temporalio/client';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import type { UnitActionAnswer } from '../../contracts/messages/run.ts';
import type { Env } from '../../domain/environment.ts';
import type { FoundRun } from '../runs/find-run.ts';
import type { RunId, UnitId } from '../../contracts/ids.ts';
import { findRun } from '../runs/find-run.ts';
import type { UnitAction } from './unit-action.ts';
import { reopenRun } from './reopen-run.ts';
import { type RetryHow, cancelUnitUpdate, retryUnitUpdate, skipUnitUpdate } from '../../contracts/messages/run.ts';
import { hasEnded, refusal, updateRun } from './update-run.ts';

/** Pause between tries while a run is just ending. */
const pauseMs = 500;
const patience = 60;

/** Throws `Refused` with the reason, and `NotFound` if the run has no such unit. */
export async function actOnUnit(
  { client, env, found: known }: { readonly client: Client; readonly env: Env; readonly found: FoundRun },
  text: string,
  action: UnitAction,
): Promise<void> {
  // Unchecked: the run itself looks the unit up.
  const unit = text as UnitId;
  for (let tries = 1; ; tries++) {
    const found = tries === 1 ? known : await findRun(client, known.run, { latestOf: null });
    const answer = found.open
      ? await askRun(client, found, unit, action)
      : action.type === 'cancel'
        ? refuseEnded(found.run)
        : await reopenRun({ client, env, found }, unit, action).catch(openAgain);
    if (answer.accepted) return;
    if (answer.ending !== true || tries === patience) throw refusal(answer, { run: known.run, unit });
    await sleep(pauseMs);
  }
}

async function askRun(client: Client, found: FoundRun, unit: UnitId, action: UnitAction): Promise<UnitActionAnswer> {
  return (await updateUnit(client, found.run, unit, action)) ?? justEnded(found);
}

function updateUnit(client: Client, run: RunId, unit: UnitId, action: UnitAction): Promise<UnitActionAnswer | null> {
  switch (action.type) {
    case 'cancel':
      return updateRun(client, run, cancelUnitUpdate, [unit]);
    case 'retry':
      return updateRun(client, run, retryUnitUpdate, [unit, howOf(action)]);
    case 'skip':
      return updateRun(client, run, skipUnitUpdate, [unit, action.by]);
  }
}

function justEnded({ run }: FoundRun): UnitActionAnswer {
  return { accepted: false, known: true, ending: true, message: `the run ${run} has just ended` };
}

function refuseEnded(run: RunId): never {
  throw hasEnded(run);
}

/** If somebody else reopened the run a moment ago, it can be asked. */
function openAgain(error: unknown): UnitActionAnswer {
  if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  return { accepted: false, known: true, ending: true, message: 'the run was opened again by somebody else' };
}

function howOf({ reverted, resolution }: Extract<UnitAction, { type: 'retry' }>): RetryHow {
  return { ...(reverted === undefined ? {} : { reverted }), ...(resolution === undefined ? {} : { resolution }) };
}
