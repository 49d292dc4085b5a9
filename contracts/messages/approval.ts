// The messages and queries of an approval's workflow.

import type { ApprovalView, Decision, Ruling } from '../approval.ts';
import { query, signal, update } from '../define.ts';

export const approvalWorkflowType = 'approvalWorkflow';

/** From Slack: a signal is recorded even when no worker runs, so an acknowledged click is never lost. */
export const decideSignal = signal<[Decision]>('decide');
/** From the command line: an update, because a person waits for the answer. Same rules, same decision ids. */
export const decideUpdate = update<Ruling, [Decision]>('decide');

export const approvalViewQuery = query<ApprovalView>('view');
