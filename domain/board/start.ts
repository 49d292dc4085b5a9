// How a run's board is started: by the first thing that is written to it.

import { type RunId, boardWorkflowId } from '../../contracts/ids.ts';
import { coppicePhase, coppiceRun } from '../../contracts/search-attributes.ts';
import { taskQueues } from '../../contracts/task-queues.ts';

/** Options of a start, without what it is started with. */
export function boardStart(run: RunId) {
  return {
    workflowId: boardWorkflowId(run),
    taskQueue: taskQueues.workflows,
    args: [{ run }],
    staticSummary: 'What the agents of a run tell each other',
    typedSearchAttributes: [
      { key: coppiceRun, value: run },
      { key: coppicePhase, value: 'board' },
    ],
  };
}
