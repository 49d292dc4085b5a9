// Everything workflows say to one another, as data. Each message is a signal; names are in workflows/messages.ts.
// Unit → run and run → unit keep the graph and the ledger in step; unit → queue → unit lands results.

import type { ApprovalKind } from './approval.ts';
import type {
  Allowance,
  EgressRequest,
  Feedback,
  LargeFile,
  LandingSubject,
  MissingConsent,
  UnitTotals,
} from './activity-contracts.ts';
import type { RunId, Sha, UnitId } from './ids.ts';

/** Unit → run. `seq` counts a unit's messages from 1, so that a message delivered twice is recognised. */
export type UnitMessage = { readonly unit: UnitId; readonly seq: number } &
  /** `toppedUpUsd`: what people have added to its budget so far. */
  (
    | { readonly type: 'wants-slice'; readonly slice: number; readonly toppedUpUsd: number }
    /** A slice ended; the unit works no longer, or waits for what `phase` says. */
    | {
        readonly type: 'settled';
        readonly phase: 'ready' | 'parked' | 'asking' | 'queued';
        /** Of a unit that is parked or asks. */
        readonly why?: string;
        /** The model's server refused the key of the unit's host. */
        readonly credential?: string;
        readonly totals: UnitTotals;
        readonly slices: number;
      }
    | { readonly type: 'ended'; readonly end: UnitEnd; readonly record: UnitRecord }
  );

/** How a unit ended. */
export type UnitEnd =
  | { readonly status: 'landed'; readonly commit: Sha }
  | { readonly status: 'failed'; readonly reason: string }
  | { readonly status: 'cancelled'; readonly reason: string };

/** What the report says of a unit beyond how it ended; times in seconds. */
export interface UnitRecord {
  readonly totals: UnitTotals;
  readonly slices: number;
  /** Times that the unit was sent back by the queue, plus one. */
  readonly attempts: number;
  readonly seconds: {
    readonly slot: number;
    readonly work: number;
    readonly human: number;
    readonly queue: number;
  };
  readonly decisions: readonly UnitDecision[];
  readonly largeFiles?: readonly LargeFile[];
  /** What was in conflict, and the agent has left as the merge made it. */
  readonly kept?: readonly string[];
  readonly conflicts: { readonly met: number; readonly resolvedByAgent: number };
}

export interface UnitDecision {
  readonly id: string;
  readonly kind: ApprovalKind;
  readonly decision: 'approved' | 'denied' | 'expired' | 'cancelled';
  readonly by: string | null;
  readonly channel: string | null;
  readonly at: string;
  readonly reason: string | null;
  /** What was added to a budget. */
  readonly usd?: number;
}

/** Run → unit: the answer to `wants-slice`. */
export type AllowanceMessage = { readonly slice: number } & (
  | { readonly type: 'granted'; readonly allowance: Allowance }
  /** The unit's own budget is spent. */
  | { readonly type: 'spent'; readonly limitUsd: number }
  /** People have said no to what the run needs; `reason` starts with a stable code. */
  | { readonly type: 'refused'; readonly reason: string }
);

/** Unit → queue, by the `tellQueue` activity. */
export type QueueMessage =
  | { readonly type: 'enqueue'; readonly subject: LandingSubject }
  | { readonly type: 'withdraw'; readonly run: RunId; readonly unit: UnitId; readonly result: Sha };

/** Queue → unit. `result` says which result it is about, so that a late message about an older one is ignored. */
export type QueueOutcome = { readonly result: Sha } & (
  | { readonly status: 'landed'; readonly commit: Sha }
  | { readonly status: 'returned'; readonly feedback: Feedback }
  | { readonly status: 'refused'; readonly reason: string }
  | ({ readonly status: 'consent-missing' } & MissingConsent)
  /** The candidate could not be verified without the network; a person must say whether it may have it. */
  | {
      readonly status: 'not-verified';
      readonly onto: Sha;
      readonly command: string;
      readonly output: string;
      readonly egress?: EgressRequest;
    }
  | { readonly status: 'withdrawn' }
);
