// Merge queues that an earlier release has begun: this one cannot read their histories, so they are ended, and what
// was in them is handed in again to new ones. Called when an orchestrator starts, before it takes any work.
// Safe to run twice, and by several at once: a queue takes the same result once.

import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type proto from '@temporalio/proto';
import { z } from 'zod';
import type { ControlActivities } from '../contracts/activities/control.ts';
import type { LandingSubject } from '../contracts/activities/landing.ts';
import { coppiceRepository } from '../contracts/search-attributes.ts';
import { isQueueOfToday, mergeQueueWorkflowType, queueSignal } from '../contracts/messages/queue.ts';
import { queueOutcomeSignal } from '../contracts/messages/unit.ts';

type HistoryEvent = proto.temporal.api.history.v1.IHistoryEvent;

/** Returns the ids of the queues that were replaced. */
export async function adoptQueues(client: Client, tellQueue: ControlActivities['tellQueue']): Promise<string[]> {
  const query = `WorkflowType = '${mergeQueueWorkflowType}' AND ExecutionStatus = 'Running'`;
  const adopted: string[] = [];
  for await (const execution of client.workflow.list({ query })) {
    if (isQueueOfToday(execution.memo)) continue;
    if (await adoptQueue(client, execution, tellQueue)) adopted.push(execution.workflowId);
  }
  return adopted;
}

async function adoptQueue(
  client: Client,
  { workflowId, runId, typedSearchAttributes }: WorkflowExecutionInfo,
  tellQueue: ControlActivities['tellQueue'],
): Promise<boolean> {
  const handle = client.workflow.getHandle(workflowId, runId);
  try {
    await handle.terminate('a newer release of Coppice goes on with what is in it');
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
  const { events } = await handle.fetchHistory();
  const slug = typedSearchAttributes.get(coppiceRepository) ?? '';
  for (const subject of waitingIn(events ?? [])) {
    const { repository, branch } = subject.context;
    await tellQueue({ queue: workflowId, slug, repository, branch, message: { type: 'enqueue', subject } });
  }
  return true;
}

const started = z.object({
  resumed: z.object({ entries: z.array(z.object({ subject: z.custom<LandingSubject>() })) }).optional(),
});
const message = z.union([
  z.object({ type: z.literal('enqueue'), subject: z.custom<LandingSubject>() }),
  z.object({ type: z.literal('withdraw'), result: z.string() }),
]);
const outcome = z.object({ result: z.string() });

/** What was handed in and neither answered nor withdrawn, in order. */
function waitingIn(events: readonly HistoryEvent[]): LandingSubject[] {
  const waiting = new Map<string, LandingSubject>();
  for (const event of events) {
    const begun = event.workflowExecutionStartedEventAttributes?.input?.payloads?.[0];
    const signal = event.workflowExecutionSignaledEventAttributes;
    const told = event.signalExternalWorkflowExecutionInitiatedEventAttributes;
    if (begun) {
      const { resumed } = started.safeParse(read(begun)).data ?? {};
      for (const { subject } of resumed?.entries ?? []) waiting.set(subject.result, subject);
    } else if (signal?.signalName === queueSignal.name) {
      const heard = message.safeParse(read(signal.input?.payloads?.[0])).data;
      if (heard?.type === 'enqueue') waiting.set(heard.subject.result, heard.subject);
      else if (heard !== undefined) waiting.delete(heard.result);
    } else if (told?.signalName === queueOutcomeSignal.name) {
      waiting.delete(outcome.safeParse(read(told.input?.payloads?.[0])).data?.result ?? '');
    }
  }
  return [...waiting.values()];
}

function read(payload: proto.temporal.api.common.v1.IPayload | null | undefined): unknown {
  return payload ? defaultPayloadConverter.fromPayload(payload) : undefined;
}
