// The task queues. Orchestrators poll the first; hosts poll the other two and have separate slots for verification, so
// that agents never block landing.

export const taskQueues = {
  workflows: 'coppice-workflows',
  agents: 'coppice-agents',
  verify: 'coppice-verify',
} as const;

/** One host's own queue, for questions about that host. */
export function hostQueue(host: string): string {
  return `coppice-host-${host}`;
}
