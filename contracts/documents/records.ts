// What a unit's workflow reports to its run when it ends; the run's report repeats it. Times in seconds, money in USD.

import type { ApprovalKind } from '../approval.ts';
import type { ChangeSize } from '../change-size.ts';
import type { LargeFile } from '../large-file.ts';
import type { Remembering } from '../tool-request.ts';
import type { NoReview, ReviewRecord } from '../review.ts';
import type { Sha } from '../ids.ts';
import type { UnitTotals } from '../usage.ts';

/** How a unit ended. */
export type UnitEnd =
  | { readonly status: 'landed'; readonly commit: Sha }
  /** A planner: the commit on the state remote with the plan that people, or policy, have agreed to. */
  | { readonly status: 'planned'; readonly plan: Sha }
  | { readonly status: 'failed'; readonly reason: string }
  | { readonly status: 'cancelled'; readonly reason: string };

/** The report's facts about a unit beyond how it ended; times in seconds. */
export interface UnitRecord {
  readonly totals: UnitTotals;
  readonly slices: number;
  /** How often the queue returned the unit, plus one. */
  readonly attempts: number;
  readonly seconds: {
    readonly slot: number;
    readonly work: number;
    readonly human: number;
    readonly queue: number;
  };
  readonly decisions: readonly UnitDecision[];
  /** What it has changed on the target, or would change; absent = it has no result. */
  readonly size?: ChangeSize;
  readonly largeFiles?: readonly LargeFile[];
  /** Paths in conflict that the agent left as the merge made them. */
  readonly kept?: readonly string[];
  /** Of its newest result; absent = it was not reviewed. */
  readonly review?: ReviewRecord;
  /** Why its newest result has no review, where the configuration expects one. */
  readonly noReview?: NoReview;
  /** Commands that failed when it landed, and failed on the target already (`queue.onRedBase: delta`). */
  readonly redBefore?: readonly string[];
  readonly conflicts: ConflictCounts;
}

export interface ConflictCounts {
  readonly met: number;
  readonly resolvedByAgent: number;
  /** Absent = none. */
  readonly resolvedByPerson?: number;
}

export interface UnitDecision {
  readonly id: string;
  readonly kind: ApprovalKind;
  readonly decision: 'approved' | 'denied' | 'expired' | 'cancelled';
  readonly by: string | null;
  readonly channel: string | null;
  readonly at: string;
  readonly reason: string | null;
  /** `denied`, with what should be different: whoever asked goes on and asks again. */
  readonly sentBack?: true;
  /** USD added to a budget. */
  readonly usd?: number;
  /** Of a tool call: it may run again without asking, until then. */
  readonly remember?: Remembering;
}
