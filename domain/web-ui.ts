// Places in Temporal's Web UI, as paths on its host: the pages of workflows, and the lists that operators look at.

import type { Env } from './environment.ts';
import { approvalWorkflowType } from '../contracts/messages/approval.ts';
import { coppicePhase, coppiceRun } from '../contracts/search-attributes.ts';
import { failure } from '../contracts/failures.ts';
import { mergeQueueWorkflowType } from '../contracts/messages/queue.ts';
import { runWorkflowType } from '../contracts/messages/run.ts';
import { unitWorkflowType } from '../contracts/messages/unit.ts';

/** Where the Web UI is, and the namespace that it shows. */
export interface WebUi {
  /** Without a slash at the end. */
  readonly address: string;
  readonly namespace: string;
}

/** The address in `COPPICE_TEMPORAL_UI`, without a slash at the end; null if it is not set. Throws `BadInput`. */
export function givenWebUi(env: Env): string | null {
  const given = env['COPPICE_TEMPORAL_UI'];
  if (!given) return null;
  if (/^https?:\/\/[^\s/]/i.test(given)) return given.replace(/\/+$/, '');
  throw failure('BadInput', `COPPICE_TEMPORAL_UI must be an address that begins with http, not ${given}`);
}

export interface View {
  /** Its name among the saved views. */
  readonly name: string;
  /** For `temporal workflow list --query`, too. */
  readonly query: string;
}

const [phase, run] = [coppicePhase.name, coppiceRun.name];
const isOpen = "ExecutionStatus = 'Running'";
const ofType = (type: string): string => `WorkflowType = '${type}'`;

/** What is of use at any time; docs/web-ui.md has the same. */
export const views = {
  runs: { name: 'Open runs', query: `${ofType(runWorkflowType)} AND ${isOpen}` },
  people: { name: 'Waiting for people', query: `${ofType(approvalWorkflowType)} AND ${isOpen}` },
  agents: { name: 'Agents', query: `${ofType(unitWorkflowType)} AND ${phase} = 'working' AND ${isOpen}` },
  landing: { name: 'Waiting to land', query: `${ofType(unitWorkflowType)} AND ${phase} = 'queued' AND ${isOpen}` },
  queues: { name: 'Merge queues', query: `${ofType(mergeQueueWorkflowType)} AND ${isOpen}` },
  failed: { name: 'Failed units', query: `${ofType(unitWorkflowType)} AND ExecutionStatus = 'Failed'` },
} as const satisfies Record<string, View>;

/** Everything of one run: its units, approvals and itself. */
export function viewOfRun(id: string): View {
  return { name: `Run ${id}`, query: `${run} = '${id}'` };
}

/** What waits for people, of one run or of all. */
export function viewOfApprovals(id: string | null): View {
  const { name, query } = views.people;
  return id === null ? views.people : { name: `${name}: run ${id}`, query: `${query} AND ${run} = '${id}'` };
}

export function viewPath(namespace: string, { query }: View): string {
  return `/namespaces/${namespace}/workflows?query=${encode(query)}`;
}

/** Also saves the view among the "Saved Views" of the browser: each time that it is opened, so it is no link for every day. */
export function savingViewPath(namespace: string, view: View): string {
  return `${viewPath(namespace, view)}&savedQuery=${encode(view.name)}`;
}

/** The newest execution; the page opens on its timeline. */
export function workflowPath(namespace: string, workflowId: string): string {
  return `/namespaces/${namespace}/workflows/${encode(workflowId)}`;
}

/** One execution; the page opens on its summary and its current details. */
export function statusPath(namespace: string, execution: { workflowId: string; runId: string }): string {
  return `${workflowPath(namespace, execution.workflowId)}/${execution.runId}/user-metadata`;
}

/** Also what ends a link in Markdown or a word on a command line. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}
