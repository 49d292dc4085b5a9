// How a merge queue is started: by the first message to it.

import { coppicePhase, coppiceRepository } from '../../contracts/search-attributes.ts';
import { markdownCode } from '../text/inert.ts';
import { queueMemo } from '../../contracts/messages/queue.ts';
import { taskQueues } from '../../contracts/task-queues.ts';

export interface QueuePlace {
  /** Workflow id. */
  readonly queue: string;
  /** Short name of the repository. */
  readonly slug: string;
  readonly repository: string;
  readonly branch: string;
}

/** Options of `signalWithStart`, without the signal. */
export function queueStart({ queue, slug, repository, branch }: QueuePlace) {
  return {
    workflowId: queue,
    taskQueue: taskQueues.workflows,
    args: [{ repository, branch }],
    memo: queueMemo,
    staticSummary: `Merge queue of ${markdownCode(branch)}`,
    typedSearchAttributes: [
      { key: coppiceRepository, value: slug },
      { key: coppicePhase, value: 'queue' },
    ],
  };
}
