// Decisions from the command line or a script. Sent as an update, so that the person learns at once whether the
// decision counted. If no worker answers, the same decision goes as a signal and is judged when a worker comes.

import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import { randomUUID } from 'node:crypto';
import type { ApprovalView, Decision, DecisionAnswer, Ruling } from '../../contracts/approval.ts';
import { type RunId, type UnitId, approvalWorkflowId, unitWorkflowId } from '../../contracts/ids.ts';
import { failure } from '../../contracts/failures.ts';
import { type UnitView, takeBackUpdate } from '../../contracts/messages/unit.ts';
import { isBlank } from '../../domain/approval/decide.ts';
import { mayDeny, namesOf, requirementsOf } from '../../domain/approval/consent.ts';
import {
  approvalViewQuery,
  approvalWorkflowType,
  decideSignal,
  decideUpdate,
} from '../../contracts/messages/approval.ts';
import { signed } from '../../people/proof.ts';
import { coppiceRun } from '../../contracts/search-attributes.ts';
import { isUnanswered, withWorker } from '../with-worker.ts';

export interface DecisionRequest extends Pick<
  Decision,
  'decision' | 'reason' | 'text' | 'usd' | 'resolution' | 'remember'
> {
  readonly id: string;
  readonly user: string;
  /** Signs the decision; null or absent = it carries no proof. */
  readonly secret?: string | null;
}

/** Open approvals, oldest first, of one run or all; from visibility, so it needs no worker. */
export async function listApprovals(client: Client, run: RunId | null): Promise<ApprovalView[]> {
  const views = await viewsOf(client, { run, status: 'Running' });
  return views.toSorted((a, b) => a.since.localeCompare(b.since));
}

/** One approval as it is now; without a worker as lists have it. Throws `NotFound`. */
export async function readApproval(client: Client, id: string): Promise<ApprovalView> {
  const handle = client.workflow.getHandle(id);
  try {
    return await withWorker(client, () => handle.query(approvalViewQuery));
  } catch (error) {
    const { memo } = await handle.describe().catch(() => ({ memo: undefined }));
    const view = viewOf(memo);
    if (view === null) throw failure('NotFound', `there is no approval ${id}`, { hint: openApprovals, cause: error });
    return view;
  }
}

/** The id of the approval that a unit waits for; null = for none of its own. */
export function askedByUnit(run: RunId, unit: UnitId, { state, approvals }: UnitView): string | null {
  return state.status === 'asking' ? approvalWorkflowId(run, unit, approvals) : null;
}

/** The newest approvals that have been decided, the newest first: some of them can be taken back. */
export async function listDecided(client: Client, run: RunId | null): Promise<ApprovalView[]> {
  const views = await viewsOf(client, { run, status: 'Completed', most: mostDecided });
  return views.toSorted((a, b) => b.since.localeCompare(a.since));
}

const mostDecided = 500;

interface Wanted {
  /** Null = of all runs. */
  readonly run: RunId | null;
  readonly status: 'Running' | 'Completed';
  readonly most?: number;
}

async function viewsOf(
  client: Client,
  { run, status, most = Number.POSITIVE_INFINITY }: Wanted,
): Promise<ApprovalView[]> {
  const ofRun = run === null ? '' : ` AND ${coppiceRun.name} = '${run}'`;
  const query = `WorkflowType = '${approvalWorkflowType}' AND ExecutionStatus = '${status}'${ofRun}`;
  const views: ApprovalView[] = [];
  for await (const execution of client.workflow.list({ query })) {
    const view = viewOf(execution.memo);
    if (view !== null) views.push(view);
    if (views.length >= most) break;
  }
  return views;
}

/**
 * Throws `NotFound` for an unknown id, and `BadInput` for a blank answer. If the decision does not count, throws `Refused`
 * with the reason.
 */
export async function decide(client: Client, request: DecisionRequest): Promise<DecisionAnswer> {
  if (request.decision === 'answer' && isBlank(request.text ?? '')) {
    throw failure('BadInput', 'the answer is blank', {
      hint: 'Write what the agent is to know: coppice answer ID "Weeks count, too."',
    });
  }
  const handle = client.workflow.getHandle(request.id);
  const description = await handle.describe().catch((error: unknown) => {
    if (error instanceof WorkflowNotFoundError)
      throw failure('NotFound', `there is no approval ${request.id}`, { hint: openApprovals });
    throw error;
  });
  const view = viewOf(description.memo);
  if (view === null) throw failure('NotFound', `${request.id} is not an approval`, { hint: openApprovals });
  if (description.status.name !== 'RUNNING') {
    if (request.decision !== 'deny') throw isClosed(request.id);
    return takeBack(client, view, request);
  }
  const { id, user, secret = null, ...asked } = request;
  const decision: Decision = {
    ...asked,
    decisionId: `cli:${randomUUID()}`,
    hash: view.hash,
    by: { channel: 'cli', id: user, name: user },
    at: new Date().toISOString(),
  };
  const ruling = await ask(client, id, signed(secret, id, decision));
  if (!ruling.accepted) throw failure('Refused', ruling.message, { details: { code: ruling.code } });
  return ruling;
}

/** A denial after the approval: in time for as long as what was approved waits in the merge queue. */
async function takeBack(
  client: Client,
  { id, run, unit, policy }: ApprovalView,
  { user, reason }: DecisionRequest,
): Promise<DecisionAnswer> {
  if (unit === null) throw isClosed(id);
  if (!mayDeny(policy, { channel: 'cli', id: user })) {
    throw failure('Refused', `only ${requirementsOf(policy).map(namesOf).join(' or ')} may take ${id} back`);
  }
  const handle = client.workflow.getHandle(unitWorkflowId(run, unit));
  const request = { approval: id, by: `${user} (cli)`, ...(reason === undefined ? {} : { reason }) };
  try {
    const answer = await withWorker(
      client,
      () => handle.executeUpdate(takeBackUpdate, { args: [request] }),
      takeBackMs,
    );
    if (!answer.accepted) throw failure('Refused', answer.message, { hint: openApprovals });
    return { accepted: true, status: 'denied' };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw isClosed(id, error);
    throw error;
  }
}

/** The queue answers at once, unless a push is on its way. */
const takeBackMs = 60_000;

async function ask(client: Client, id: string, decision: Decision): Promise<Ruling | DecisionAnswer> {
  const handle = client.workflow.getHandle(id);
  try {
    return await withWorker(client, () =>
      handle.executeUpdate(decideUpdate, { args: [decision], updateId: decision.decisionId }),
    );
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw isClosed(id, error);
    if (!isUnanswered(error)) throw error;
    await handle.signal(decideSignal, decision);
    return { accepted: true, status: 'recorded' };
  }
}

export const openApprovals = '`coppice approvals` shows those that wait for a decision.';

function isClosed(id: string, cause?: unknown): Error {
  return failure('Refused', `${id} is closed: it was decided, it has expired, or its unit has ended`, {
    cause,
    hint: openApprovals,
  });
}

/** Our own workflows write the memo; anything else is not an approval of ours. */
function viewOf(memo: Record<string, unknown> | undefined): ApprovalView | null {
  const view = memo?.['approval'];
  return typeof view === 'object' && view !== null && 'hash' in view ? (view as ApprovalView) : null;
}
