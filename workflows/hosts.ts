// Asks hosts what they have and do, for operators: each on its own task queue, so that the answer is current. Started
// by `coppice list --hosts`, and over within seconds.

import type { HostActivities, HostReports } from '../contracts/activities/host.ts';
import { proxyActivities } from '@temporalio/workflow';
import { hostQueue } from '../contracts/task-queues.ts';

export interface HostsInput {
  /** Ids of the hosts that poll for work. */
  readonly hosts: readonly string[];
}

export function hostsWorkflow({ hosts }: HostsInput): Promise<HostReports> {
  return Promise.all(
    hosts.map(async (host) => {
      const { describeHost } = proxyActivities<HostActivities>({
        taskQueue: hostQueue(host),
        scheduleToCloseTimeout: '4s',
        retry: { maximumAttempts: 1 },
      });
      return { host, report: await describeHost().catch(() => null) };
    }),
  );
}
