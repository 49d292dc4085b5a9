// What the worker bundles: the workflow types of INTERFACE, and nothing else.

export { approvalWorkflow } from './approval.ts';
export { cardWorkflow } from './card.ts';
export { hostsWorkflow } from './hosts.ts';
export { mergeQueueWorkflow } from './merge-queue.ts';
export { runWorkflow } from './run.ts';
export { unitWorkflow } from './unit.ts';
