// The activities that reach other workflows. They run on the task queue `coppice-workflows`: they need Temporal alone.

import type { QueueMessage } from '../messages/queue.ts';
import type { RunContext } from '../documents/plan.ts';
import type { UnitId } from '../ids.ts';

export interface ControlActivities {
  /** Signal-with-start of the queue workflow, which workflow code cannot do itself. */
  tellQueue(input: {
    queue: string;
    /** The repository's short name, for the search attribute. */
    slug: string;
    repository: string;
    branch: string;
    message: QueueMessage;
  }): Promise<void>;
  /** Returns those of these units whose workflows are closed or unknown to the server. */
  findEndedUnits(input: { context: Pick<RunContext, 'run'>; units: readonly UnitId[] }): Promise<UnitId[]>;
}
