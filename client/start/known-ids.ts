// Whether an id is taken: Temporal may know it, and so may the state remote, which remembers runs that Temporal has
// forgotten (a fresh server, an expired retention). Either one refuses the id: a second run under it would take the
// first one's commits and checkpoints for its own. `coppice prune` frees ids that only the state remote knows.

import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Remote } from '../../git/remote.ts';
import type { RunId } from '../../contracts/ids.ts';
import { explainStart } from './ready-server.ts';
import { failure } from '../../contracts/failures.ts';
import { inertText } from '../../git/inert-text.ts';
import { listRemote } from '../../git/remote.ts';
import { runWorkflowId, stateRefs } from '../../contracts/ids.ts';

/** Throws `BadInput` for an id that Temporal knows. */
export async function refuseKnownId(client: Client, run: RunId): Promise<void> {
  try {
    await client.workflow.getHandle(runWorkflowId(run)).describe();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return;
    throw explainStart(error, client.options.namespace);
  }
  throw idTaken(run);
}

/** Throws `BadInput` if the state remote has any ref of the id, and `RepositoryUnreachable`. */
export async function refuseKeptId(remote: Remote, run: RunId): Promise<void> {
  const kept = stateRefs.ofRun(run);
  const { refs } = await listRemote(remote, [`${kept}*`]);
  if ([...refs.keys()].some((ref) => ref.startsWith(kept))) throw idKept(remote, run);
}

export function idTaken(run: RunId): Error {
  return failure('BadInput', `a run ${run} exists already; use another --id, or leave it out`);
}

export function idKept(remote: Remote, run: RunId): Error {
  const where = `${inertText(remote.url)} has ${stateRefs.ofRun(run)}`;
  const way = 'use another --id, or leave it out; `coppice prune` deletes what ended runs leave there';
  return failure('BadInput', `a run ${run} exists already: the state remote ${where}; ${way}`);
}
