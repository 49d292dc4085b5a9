// The task queues. Orchestrators poll the first; hosts poll the others, each with slots of its own, so that agents never
// block verification, and neither blocks landing.

export const taskQueues = {
  workflows: 'coppice-workflows',
  agents: 'coppice-agents',
  verify: 'coppice-verify',
  landing: 'coppice-landing',
} as const;

/** Priority of a task that goes before all others of its queue, however long they have waited; Temporal's default is 3. */
export const firstInLine = 1;

/**
 * Every host polls it for as long as it lives, also while it drains and takes no work, so its pollers are the hosts that
 * there are. It carries no tasks.
 */
export const presenceQueue = 'coppice-hosts';

/** One host's own queue, for questions about that host. */
export function hostQueue(host: string): string {
  return `coppice-host-${host}`;
}
