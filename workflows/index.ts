// What the worker bundles: the workflow types, under the names that clients and histories use, and nothing else.

export { approvalWorkflow } from './approval/approval.ts';
export { boardWorkflow } from './board.ts';
export { cardWorkflow } from './approval/card.ts';
export { hostsWorkflow } from './hosts.ts';
export { mergeQueueWorkflow } from './queue/merge-queue.ts';
export { noticeWorkflow } from './run/last-notices.ts';
export { runWorkflow } from './run/run.ts';
export { unitWorkflow } from './unit/unit.ts';
export { verificationWorkflow } from './verification/verification.ts';
