// The task queues: orchestrators poll the first; hosts poll the other two, with slots of their own for verification, so
// that agents never block landing.

export const taskQueues = {
  workflows: 'coppice-workflows',
  agents: 'coppice-agents',
  verify: 'coppice-verify',
} as const;

/** Of one host, where it is asked about itself. */
export function hostQueue(host: string): string {
  return `coppice-host-${host}`;
}
