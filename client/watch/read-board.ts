// Reads a run's board, for as long as the server has it. Costs no history.

import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { RunBoard } from './run-board.ts';
import { boardViewQuery } from '../../contracts/messages/board.ts';
import { type RunId, boardWorkflowId } from '../../contracts/ids.ts';
import { withWorker } from '../with-worker.ts';

export async function readBoard(client: Client, run: RunId, open: boolean): Promise<RunBoard> {
  const ended = !open;
  try {
    const handle = client.workflow.getHandle(boardWorkflowId(run));
    return { ...(await withWorker(client, () => handle.query(boardViewQuery))), ended };
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    return { run, messages: [], total: 0, notes: [], claims: [], ended };
  }
}
