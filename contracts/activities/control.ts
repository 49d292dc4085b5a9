// The activities that reach other workflows. They run on the task queue `coppice-workflows`: they need Temporal alone.

import type { QueueMessage } from '../messages/queue.ts';
import type { Subscription } from '../messages/verification.ts';
import type { Verdict } from './verification.ts';
import type { RunContext } from '../documents/plan.ts';
import type { RunId, UnitId } from '../ids.ts';

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
  /**
   * Signal-with-start of a verification, on behalf of a queue. Returns the verdict if the verification was green already;
   * null = the queue will hear of it.
   */
  requestVerification(input: { key: string; subscription: Subscription }): Promise<Verdict | null>;
  /** Requests the cancellation of one execution of a verification: a workflow cannot cancel itself. */
  cancelVerification(input: { key: string; runId: string }): Promise<void>;
  /** Returns those of these units whose workflows are closed or unknown to the server. */
  findEndedUnits(input: { context: Pick<RunContext, 'run'>; units: readonly UnitId[] }): Promise<UnitId[]>;
  /**
   * For a run's board: whether the run's workflow is still open, and which of these units have ended. Units that the server
   * does not know may not have begun.
   */
  lookAtRun(input: { run: RunId; units: readonly UnitId[] }): Promise<{ open: boolean; ended: UnitId[] }>;
  /** What a host says, if all of these units (those that are at work) wait because hosts are full; null = some get on. */
  findFullHosts(input: {
    run: RunId;
    units: readonly UnitId[];
  }): Promise<{ readonly units: number; readonly problem: string } | null>;
}
