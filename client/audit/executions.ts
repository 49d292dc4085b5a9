// Finds every workflow execution of a run: from the run's own executions down to those that each has started, as their
// histories say. Lists of the server are asked only for what histories do not link: the executions from before a run
// was reopened, and what was started by an execution whose history has gone.

import type { Client } from '@temporalio/client';
import pMap from 'p-map';
import { approvalWorkflowType } from '../../contracts/messages/approval.ts';
import { coppiceRun } from '../../contracts/search-attributes.ts';
import { runWorkflowType } from '../../contracts/messages/run.ts';
import { unitWorkflowType } from '../../contracts/messages/unit.ts';
import { type RunId, runWorkflowId } from '../../contracts/ids.ts';
import { type Event, type Execution, readHistory } from './history.ts';
import type { MissingPart } from './entries.ts';
import { isResumed } from './acts.ts';

type WorkflowType = typeof runWorkflowType | typeof unitWorkflowType | typeof approvalWorkflowType;

export interface ReadExecution extends Execution {
  readonly type: WorkflowType;
  readonly events: readonly Event[];
}

/** Histories read at once. */
const concurrency = 16;
const types: readonly string[] = [runWorkflowType, unitWorkflowType, approvalWorkflowType];

/**
 * Hands over each execution once, in no order, so that not all histories are in memory at once. Returns what the server
 * no longer has.
 */
export async function readExecutions(
  client: Client,
  run: RunId,
  take: (execution: ReadExecution) => void,
): Promise<MissingPart[]> {
  const missing: MissingPart[] = [];
  const known = new Set<string>();
  const heads: { readonly at: number; readonly resumed: boolean }[] = [];
  let next = await listed(client, run);
  while (next.length > 0) {
    const fresh = next.filter(({ runId }) => {
      const isNew = !known.has(runId);
      known.add(runId);
      return isNew;
    });
    const found = await pMap(
      fresh,
      async (execution) => {
        const events = await readHistory(client, execution);
        if (events === null) {
          missing.push({ workflow: execution.workflowId, text: `${execution.workflowId}: its history has gone` });
          return [];
        }
        take({ ...execution, events });
        const [first] = events;
        const started = first?.workflowExecutionStartedEventAttributes;
        if (first && execution.type === runWorkflowType && !started?.continuedExecutionRunId) {
          heads.push({ at: Number(first.eventTime?.seconds ?? 0), resumed: isResumed(first) });
        }
        return linksOf(execution, events);
      },
      { concurrency },
    );
    next = found.flat();
  }
  const [oldest] = heads.toSorted((a, b) => a.at - b.at);
  if (oldest === undefined || oldest.resumed) {
    const workflow = runWorkflowId(run);
    const isGone = missing.some((part) => part.workflow === workflow);
    if (!isGone) missing.push({ workflow, text: `${workflow}: the history of its beginning has gone` });
  }
  return missing;
}

/** What an execution has started, and the executions before and after it that it names. */
function linksOf({ type, workflowId }: Found, events: readonly Event[]): Found[] {
  return events.flatMap((event): Found[] => {
    const child = event.childWorkflowExecutionStartedEventAttributes;
    const kind = child?.workflowType?.name ?? '';
    const { workflowId: id, runId } = child?.workflowExecution ?? {};
    if (isOurs(kind) && id && runId) return [{ type: kind, workflowId: id, runId }];
    const before = event.workflowExecutionStartedEventAttributes?.continuedExecutionRunId;
    const after = event.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
    return [before, after].flatMap((each) => (each ? [{ type, workflowId, runId: each }] : []));
  });
}

type Found = Execution & { readonly type: WorkflowType };

/** What the server lists, which may lag a moment behind, and the newest execution of the run, which does not. */
async function listed(client: Client, run: RunId): Promise<Found[]> {
  const workflowId = runWorkflowId(run);
  const found: Found[] = [];
  const newest = await client.workflow
    .getHandle(workflowId)
    .describe()
    .catch(() => null);
  if (newest !== null) found.push({ type: runWorkflowType, workflowId, runId: newest.runId });
  const all = types.map((type) => `'${type}'`).join(', ');
  const query = `(${coppiceRun.name} = '${run}' OR WorkflowId = '${workflowId}') AND WorkflowType IN (${all})`;
  for await (const { type, workflowId: id, runId } of client.workflow.list({ query })) {
    if (isOurs(type)) found.push({ type, workflowId: id, runId });
  }
  return found;
}

function isOurs(type: string): type is WorkflowType {
  return types.includes(type);
}
