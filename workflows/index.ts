// What the worker bundles: the workflow types, by the names under which clients and histories know them, and
// nothing else.

export { approvalWorkflow } from './approval/approval.ts';
export { cardWorkflow } from './approval/card.ts';
export { hostsWorkflow } from './hosts.ts';
export { mergeQueueWorkflow } from './queue/merge-queue.ts';
export { runWorkflow } from './run/run.ts';
export { unitWorkflow } from './unit/unit.ts';
