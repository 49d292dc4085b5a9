// Which plan of an open run counts: the one that people are asked about, or else the one that is carried out. The workflows
// are asked, because the server's index of approvals is a moment behind: people would agree to a plan that they were not
// shown. Only where no worker answers does the index have to do.

import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { ApprovalView } from '../../contracts/approval.ts';
import type { RunOverview } from '../../contracts/messages/run.ts';
import type { RunId, Sha } from '../../contracts/ids.ts';
import { isSha, plannerId, runWorkflowId, unitWorkflowId } from '../../contracts/ids.ts';
import { failureType } from '../../contracts/failures.ts';
import { hasEndedPhase } from '../../domain/run/state.ts';
import { askedByUnit, listApprovals, readApproval } from '../act/decisions.ts';
import { runOverviewQuery } from '../../contracts/messages/run.ts';
import { unitViewQuery } from '../../contracts/messages/unit.ts';
import { withWorker } from '../with-worker.ts';

/** Where the plan that counts now is asked about or carried out. */
export interface CurrentPlan {
  readonly commit: Sha;
  /** People are asked about a plan of the planner, which has not ended. */
  readonly isPlanners: boolean;
}

/** Null if the run's worker does not say: it is older. Throws `TemporalUnreachable`. */
export async function findCurrentPlan(client: Client, run: RunId): Promise<CurrentPlan | null> {
  const handle = client.workflow.getHandle(runWorkflowId(run));
  try {
    const overview = await withWorker(client, () => handle.query(runOverviewQuery, { most: 1 }));
    const asked = currentOf(await askedAbout(client, run, overview));
    if (asked !== null || overview.plan === undefined) return asked;
    return { commit: overview.plan, isPlanners: false };
  } catch (error) {
    if (failureType(error) !== 'TemporalUnreachable') throw error;
    const listed = await listApprovals(client, run).catch(() => []);
    const asked = currentOf(listed.find(({ kind }) => kind === 'plan'));
    if (asked === null) throw error;
    return asked;
  }
}

/** The question about the whole run, or that of the planner. */
async function askedAbout(
  client: Client,
  run: RunId,
  { approval, units }: RunOverview,
): Promise<ApprovalView | undefined> {
  if (approval !== null) return askedIn(client, approval);
  // What the run knows of its phase is a moment behind, too.
  if (!units.some(({ id, phase }) => id === plannerId && !hasEndedPhase(phase))) return undefined;
  const planner = client.workflow.getHandle(unitWorkflowId(run, plannerId));
  const view = await withWorker(client, () => planner.query(unitViewQuery)).catch(undefinedIfAbsent);
  const asked = view === undefined ? null : askedByUnit(run, plannerId, view);
  return asked === null ? undefined : askedIn(client, asked);
}

/** Undefined if it has not begun yet: the newest plan is the one that it will be about. */
async function askedIn(client: Client, approval: string): Promise<ApprovalView | undefined> {
  return readApproval(client, approval).catch(undefinedIfAbsent);
}

function undefinedIfAbsent(error: unknown): undefined {
  if (failureType(error) !== 'NotFound' && !(error instanceof WorkflowNotFoundError)) throw error;
}

function currentOf(view: ApprovalView | undefined): CurrentPlan | null {
  if (view?.kind !== 'plan' || view.status !== 'open' || !isSha(view.subject.plan)) return null;
  return { commit: view.subject.plan, isPlanners: view.unit === plannerId };
}
