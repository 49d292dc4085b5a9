// The history of one workflow execution, as its tasks saw it. Temporal writes it and nobody can rewrite it.

import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError, isGrpcServiceError } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type proto from '@temporalio/proto';

export type Event = proto.temporal.api.history.v1.IHistoryEvent;
type Payload = proto.temporal.api.common.v1.IPayload;

export interface Execution {
  readonly workflowId: string;
  readonly runId: string;
}

/** One task of a workflow: what had come by then, and what the workflow did. */
export interface Task {
  /** The workflow's clock, ISO 8601; null = what came last, and no task has seen yet. */
  readonly at: string | null;
  readonly came: readonly Event[];
  readonly did: readonly Event[];
}

const notFound = 5;

/** Null if the server no longer has it: after its retention, or because somebody deleted it. */
export async function readHistory(client: Client, { workflowId, runId }: Execution): Promise<readonly Event[] | null> {
  try {
    const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    return events ?? [];
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    if (isGrpcServiceError(error) && (error.code as number) === notFound) return null;
    throw error;
  }
}

/** Tasks that failed or timed out are not among them: the next one saw what they had seen. */
export function tasksOf(events: readonly Event[]): Task[] {
  const tasks: { at: string | null; came: Event[]; did: Event[] }[] = [];
  let came: Event[] = [];
  let startedAt = '';
  for (const event of events) {
    if (event.workflowTaskStartedEventAttributes) startedAt = timeOf(event);
    else if (event.workflowTaskCompletedEventAttributes) {
      tasks.push({ at: startedAt, came, did: [] });
      came = [];
    } else if (isFromOutside(event)) came.push(event);
    else tasks.at(-1)?.did.push(event);
  }
  if (came.length > 0) tasks.push({ at: null, came, did: [] });
  return tasks;
}

function isFromOutside(event: Event): boolean {
  return Boolean(
    event.workflowExecutionSignaledEventAttributes ?? event.workflowExecutionCancelRequestedEventAttributes,
  );
}

/** ISO 8601, to the millisecond, as workflows read their clock. */
export function timeOf({ eventTime }: Event): string {
  const ms = Number(eventTime?.seconds ?? 0) * 1000 + Math.floor((eventTime?.nanos ?? 0) / 1_000_000);
  return new Date(ms).toISOString();
}

/** Undefined where there is none, or it is not ours. */
export function valueOf(payload: Payload | null | undefined): unknown {
  if (!payload) return undefined;
  try {
    return defaultPayloadConverter.fromPayload(payload);
  } catch {
    return undefined;
  }
}

export function valuesOf(payloads: proto.temporal.api.common.v1.IPayloads | null | undefined): unknown[] {
  return (payloads?.payloads ?? []).map(valueOf);
}

export interface Update {
  readonly name: string;
  readonly args: readonly unknown[];
  readonly at: string;
  readonly sender: string | null;
  /** Undefined = it was not answered, or failed. */
  readonly answer: unknown;
}

/** The updates that the workflow accepted in a task, with what it answered then or later. */
export function updatesIn({ did }: Pick<Task, 'did'>, all: readonly Event[]): Update[] {
  return did.flatMap((event) => {
    const accepted = event.workflowExecutionUpdateAcceptedEventAttributes;
    const { input, meta } = accepted?.acceptedRequest ?? {};
    if (!accepted || !input) return [];
    const completed = all.find(
      ({ workflowExecutionUpdateCompletedEventAttributes: end }) =>
        end && String(end.acceptedEventId) === String(event.eventId),
    )?.workflowExecutionUpdateCompletedEventAttributes;
    const [answer] = valuesOf(completed?.outcome?.success);
    const sender = meta?.identity || null;
    return [{ name: input.name ?? '', args: valuesOf(input.args), at: timeOf(event), sender, answer }];
  });
}
