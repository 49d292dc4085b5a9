// Everything that people were asked about a run, and everything they did to it, by time. Read from the histories of the
// workflows on the Temporal server, so it needs no worker; what the server has forgotten is looked up on the state
// remote, and what nobody knows any more is named.

import type { Client } from '@temporalio/client';
import type { AuditEntry, MissingPart, RunAudit } from './entries.ts';
import { actsOn, startOf, isResumed } from './acts.ts';
import { approvalHistory } from './approval-history.ts';
import { approvalWorkflowType } from '../../contracts/messages/approval.ts';
import { auditApproval } from '../../domain/approval/audit.ts';
import { errorText } from '../../domain/errors.ts';
import type { FoundRun } from '../runs/find-run.ts';
import type { Remote } from '../../git/remote.ts';
import type { UnitId } from '../../contracts/ids.ts';
import { runWorkflowType } from '../../contracts/messages/run.ts';
import { type ReadExecution, readExecutions } from './executions.ts';
import { readQueueActs } from './queue-acts.ts';
import { readRecorded } from './recorded.ts';

/** `queue`: the workflow id of the run's merge queue. */
export interface AuditedRun {
  readonly client: Client;
  readonly found: FoundRun;
  readonly queue: string;
  readonly stateRemote: Remote;
}

export async function auditRun({ client, found, queue, stateRemote }: AuditedRun): Promise<RunAudit> {
  const { run, status } = found;
  const entries: AuditEntry[] = [];
  const doubts: MissingPart[] = [];
  const lost = await readExecutions(client, run, (execution) => {
    const read = entriesOf(execution, found);
    entries.push(...read.entries);
    doubts.push(...read.doubts);
  });
  const queued = await readQueueActs(client, found, queue);
  entries.push(...queued.acts.map(fromHistory));
  const known = new Set(entries.flatMap(({ kind, approval }) => (kind === 'requested' ? [approval] : [])));
  const missing = [...lost, ...queued.missing, ...doubts];
  if (lost.length > 0) {
    const recorded = await readRecorded(stateRemote, run).catch((error: unknown) => errorText(error));
    if (typeof recorded === 'string') {
      missing.push({ workflow: null, text: `the state remote was not read: ${recorded}` });
    } else {
      const left = [...recorded].filter(([approval]) => !known.has(approval));
      entries.push(...left.map(([, entry]) => entry));
      missing.push(...left.map(([approval]) => whatIsLeft(approval)));
    }
  }
  return { run, status, complete: missing.length === 0, missing, entries: inOrder(entries) };
}

function entriesOf(
  { type, workflowId, events }: ReadExecution,
  { memo }: FoundRun,
): { readonly entries: readonly AuditEntry[]; readonly doubts: readonly MissingPart[] } {
  if (type === approvalWorkflowType) {
    const history = approvalHistory(events);
    if (history === null) {
      return { entries: [], doubts: [{ workflow: workflowId, text: `${workflowId}: its history is not readable` }] };
    }
    const { entries, doubts } = auditApproval(history);
    return {
      entries: entries.map(fromHistory),
      doubts: doubts.map((text) => ({ workflow: workflowId, text: `${workflowId}: ${text}` })),
    };
  }
  const unit = type === runWorkflowType ? null : (workflowId.split(':').at(-1) as UnitId);
  const acts = actsOn(events, unit);
  const [first] = events;
  const isBeginning = first?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId === '';
  const begun = unit === null && first && isBeginning ? [startOf(first, memo.startedBy, isResumed(first))] : [];
  return { entries: [...begun, ...acts].map(fromHistory), doubts: [] };
}

function fromHistory<Entry>(entry: Entry): Entry & { readonly source: 'history' } {
  return { ...entry, source: 'history' };
}

function whatIsLeft(approval: string): MissingPart {
  return { workflow: approval, text: `${approval}: only its outcome is known` };
}

/** By time; of the same time, as they were read, which within one workflow is the order in which they happened. */
function inOrder(entries: readonly AuditEntry[]): AuditEntry[] {
  return entries.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}
