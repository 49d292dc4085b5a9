// What the worker bundles: the workflow types, by the names under which clients and histories know them, and
// nothing else.

export { approvalWorkflow } from './approval.ts';
export { cardWorkflow } from './card.ts';
export { hostsWorkflow } from './hosts.ts';
export { mergeQueueWorkflow } from './merge-queue.ts';
export { runWorkflow } from './run.ts';
export { unitWorkflow } from './unit.ts';
