// What `status --json` prints, the whole state of a run as one document, and what `list --json` says of each run.
// Shapes only; scripts rely on the names (docs/scripting.md). Made by client/watch/read-status.ts and
// client/runs/list-runs.ts, drawn by client/cli/present/. Times in ISO 8601 UTC, money in USD.

import type { ApprovalPolicy, ApprovalView } from '../../contracts/approval.ts';
import type { QueueView } from '../../contracts/queue-view.ts';
import type { RunStatus, UnitPhase } from '../../contracts/documents/report.ts';

export interface RunStatusDocument {
  readonly run: string;
  readonly status: RunStatus;
  readonly repository: string;
  readonly branch: string;
  /** First line of the goal. */
  readonly goal: string;
  readonly model: string;
  readonly startedBy: string;
  readonly startedAt: string;
  /** In the order of the plan. */
  readonly units: readonly UnitStatus[];
  /** The merge queue of the target branch, entries of other runs included, in landing order. */
  readonly queue: readonly QueueEntryStatus[];
  /** Why the queue lands less than usual; absent = it does not, or no unit of the run is in it. */
  readonly queueSwitches?: QueueSwitches;
  /** Open ones only. */
  readonly approvals: readonly OpenApproval[];
  readonly budget: { readonly spentUsd: number; readonly limitUsd: number | null };
  /** The current step of the target's try before the first unit; absent afterwards. */
  readonly trying?: string;
}

/**
 * What people look at: the same with counts. If the run has more units than were asked for, `units` are the most urgent
 * ones, none that waits or has landed among them.
 */
export interface StatusOverview extends RunStatusDocument {
  /** Of all units; absent = none is in that phase. */
  readonly counts: Readonly<Partial<Record<UnitPhase, number>>>;
}

export interface UnitStatus {
  readonly id: string;
  readonly title: string;
  readonly phase: UnitPhase;
  /** Why it did not land, starting with a stable code and a colon. */
  readonly reason: string | null;
  readonly needs: readonly string[];
  readonly host: string | null;
  readonly turn: number | null;
  readonly doing: string | null;
  /** Its host drains: the unit leaves it after the turn in flight, and goes first in line for a slot elsewhere. */
  readonly draining?: true;
  /** When the phase began. */
  readonly since: string;
  readonly costUsd: number;
  readonly estimated: boolean;
  /** What it may cost in total, top-ups included; null = no limit of its own. Absent once the run has ended. */
  readonly budgetUsd?: number | null;
  /** The commit on the target branch, once it has landed and if it is known. */
  readonly commit?: string | null;
}

/** What people and the target's state have switched off. */
export type QueueSwitches = Pick<QueueView, 'paused' | 'draining' | 'redBase'>;

export interface QueueEntryStatus {
  readonly run: string;
  readonly unit: string;
  readonly state: 'waiting' | 'building' | 'verifying' | 'landing';
  readonly since: string;
  /** From 1. */
  readonly place: number;
  readonly priority: number;
  /** The commit that it takes back; null = it is a unit's result. */
  readonly reverts: string | null;
  /** The train it is in; null = none. */
  readonly train: number | null;
  /** What it waits for, in words. */
  readonly reason: string;
  /** When it is expected to land; null = nobody can tell. */
  readonly expectedAt: string | null;
  /** For the host's current work on the entry: its attempt, from 1, and why the previous attempt failed. */
  readonly attempt?: number;
  readonly lastFailure?: string | null;
}

export interface OpenApproval {
  readonly id: string;
  readonly kind: ApprovalView['kind'];
  /** Null = it concerns the whole run. */
  readonly unit: string | null;
  readonly summary: string;
  /** The rule that asks, and who may decide. */
  readonly policy: ApprovalPolicy;
  /** Who asked for the run; absent from servers of earlier releases. */
  readonly requestedBy?: string;
  /** If several people must agree: the votes of those who have; absent = none yet. */
  readonly votes?: ApprovalView['votes'];
  readonly since: string;
  readonly expiresAt: ApprovalView['expiresAt'];
  readonly isOverdue?: true;
}

/** A run in the output of `list`. */
export interface RunSummary {
  readonly run: string;
  readonly status: Exclude<RunStatus, 'paused'>;
  readonly repository: string;
  readonly branch: string;
  /** First line of the goal. */
  readonly goal: string;
  readonly startedBy: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
  /** Null if the run does not say. */
  readonly units: { readonly total: number; readonly landed: number; readonly failed: number } | null;
  readonly costUsd: number | null;
}
