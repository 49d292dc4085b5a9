// The hosts that there are, each asked about itself. Needs an orchestrator; a host that does not answer is listed anyway.

import type { Client } from '@temporalio/client';
import { randomUUID } from 'node:crypto';
import type { HostReports } from '../contracts/activities/host.ts';
import { hostsWorkflowType } from '../contracts/messages/hosts.ts';
import { pollersOf, withWorker } from './with-worker.ts';
import { taskQueues } from '../contracts/task-queues.ts';

/** Time limit for all hosts together, longer than the limit for one host. */
const withinMs = 10_000;

/** By id. Throws `TemporalUnreachable`. */
export async function listHosts(client: Client): Promise<HostReports> {
  const { hosts } = await pollersOf(client);
  if (hosts.length === 0) return [];
  const input = {
    workflowId: `hosts:${randomUUID()}`,
    taskQueue: taskQueues.workflows,
    args: [{ hosts }],
    workflowExecutionTimeout: withinMs,
    staticSummary: `What ${hosts.length} hosts have and do`,
  };
  return withWorker(client, () => client.workflow.execute(hostsWorkflowType, input) as Promise<HostReports>, withinMs);
}
