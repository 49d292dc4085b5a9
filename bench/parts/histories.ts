// The size of a run's histories in Temporal: all executions of the run and of its merge queue, including continued
// ones. Read from visibility, which knows an execution's size once it has ended.

import type { Client } from '@temporalio/client';

export interface Histories {
  readonly executions: number;
  /** Events and bytes, each of the largest history. */
  readonly events: number;
  readonly bytes: number;
}

/** A server's limits per execution (`limit.historyCount.error`, `limit.historySize.error`). */
export const historyLimits = { events: 51_200, bytes: 50 * 1024 * 1024 };

export async function historiesOf(client: Client, workflowIds: readonly string[]): Promise<Histories> {
  const all: { events: number; bytes: number }[] = [];
  const query = workflowIds.map((id) => `WorkflowId = '${id}'`).join(' OR ');
  for await (const { historyLength, historySize } of client.workflow.list({ query })) {
    all.push({ events: historyLength, bytes: historySize ?? 0 });
  }
  return {
    executions: all.length,
    events: Math.max(0, ...all.map(({ events }) => events)),
    bytes: Math.max(0, ...all.map(({ bytes }) => bytes)),
  };
}
