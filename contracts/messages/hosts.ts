// The workflow that asks hosts about themselves, because only workflow code reaches their task queues.

export const hostsWorkflowType = 'hostsWorkflow';
