// What `queue list --json` prints. Shapes only; scripts rely on the names (docs/scripting.md). Times in ISO 8601 UTC.

import type { QueueEntryStatus, UnitStatus } from '../watch/status.ts';
import type { Sha } from '../../contracts/ids.ts';
import type { QueueView, QueueViewRequest, QueueViewTrain, SteerRequest } from '../../contracts/queue-view.ts';
import type { WatchOptions } from '../watch/watch-run.ts';

export interface QueueDocument extends Omit<QueueView, 'entries' | 'trains'> {
  /** The queue's workflow id. */
  readonly queue: string;
  readonly repository: string;
  readonly branch: string;
  /** Whether anything was ever handed in; if not, nothing else says anything. */
  readonly begun: boolean;
  /** In the order in which they are expected to land. */
  readonly entries: readonly QueueEntryStatus[];
  /** In flight, from the branch's tip upwards. */
  readonly trains: readonly QueueTrain[];
}

export interface QueueTrain extends Omit<QueueViewTrain, 'verifications'> {
  readonly verifications: readonly (QueueViewTrain['verifications'][number] & VerificationStatus)[];
}

/** Null = not known: no host has taken it yet. */
export interface VerificationStatus {
  readonly host: string | null;
  /** The command that runs. */
  readonly doing: string | null;
  /** When it last printed something; null = nothing yet. */
  readonly outputAt: string | null;
  /** From 1, and why the attempt before failed. */
  readonly attempt: number | null;
  readonly lastFailure: string | null;
}

/** A merge queue as it was when it was read. */
export interface BranchQueue extends QueueDocument {
  /** The queue's workflow id. */
  readonly id: string;
  /** Reads it again. Throws `TemporalUnreachable`. */
  refresh(request?: QueueViewRequest): Promise<BranchQueue>;
  /** Follows it until the signal: a document at every change. When entries are expected to land is no change. */
  watch(options?: WatchOptions): AsyncGenerator<QueueDocument>;
  /** Returns what was done, in words. Throws `Refused` with the reason, `NotFound` and `TemporalUnreachable`. */
  steer(request: QueueRequest): Promise<string>;
}

/** What people ask of a queue; who asks is added. */
export type QueueRequest = SteerRequest extends infer Request
  ? Request extends SteerRequest
    ? Omit<Request, 'by'>
    : never
  : never;

/** A unit whose commit is on the branch. */
export interface Landed {
  readonly unit: UnitStatus;
  readonly commit: Sha;
  /** Units of the run that need it and have landed, directly or through others. */
  readonly dependants: readonly string[];
}
