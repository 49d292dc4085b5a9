// The report of a run, as `report --json` prints it, and the part of it that the run workflow knows. Shapes only;
// scripts rely on the names (docs/scripting.md). Times in seconds, money in USD.

import type { ChangeSize } from '../change-size.ts';
import type { LargeFile } from '../large-file.ts';
import type { UnitDecision } from './records.ts';
import type { NoReview, ReviewRecord } from '../review.ts';
import type { Usage } from '../usage.ts';
import type { Sha, UnitId } from '../ids.ts';

/** `planning`: the run has no plan yet. */
export const openStatuses = ['planning', 'running', 'paused'] as const;
export type EndedStatus = 'completed' | 'failed' | 'cancelled';
export type RunStatus = (typeof openStatuses)[number] | EndedStatus;

export function isOpenStatus(status: RunStatus): status is (typeof openStatuses)[number] {
  return openStatuses.some((open) => open === status);
}

/** Do not reorder: histories store the positions. */
export const unitPhases = [
  'waiting',
  'ready',
  'working',
  'asking',
  'parked',
  'queued',
  'landed',
  'failed',
  'cancelled',
  'skipped',
] as const;
export type UnitPhase = (typeof unitPhases)[number];

export interface ReportConflicts {
  readonly predicted: number;
  readonly met: number;
  readonly resolvedByAgent: number;
  readonly resolvedByPerson: number;
}

/** One time that a unit began: at first, and with each retry. */
export interface UnitTry {
  /** How often a person had retried the unit when it began. */
  readonly retry: number;
  readonly status: UnitPhase;
  readonly reason: string | null;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly slices: number;
  readonly attempts: number;
  readonly seconds: ReportUnit['seconds'];
}

export interface ReportUnit {
  readonly id: UnitId;
  readonly status: UnitPhase;
  readonly reason: string | null;
  readonly needs: readonly UnitId[];
  readonly commit: Sha | null;
  /** When the unit first started; null = never. */
  readonly startedAt: string | null;
  /** When the unit landed or ended otherwise. */
  readonly endedAt: string | null;
  readonly hosts: readonly string[];
  readonly slices: number;
  readonly turns: number;
  readonly attempts: number;
  readonly usage: Usage;
  readonly costUsd: number;
  /** The part of `costUsd` that was for reviews; absent = there were none. */
  readonly reviewUsd?: number;
  readonly estimated: boolean;
  /** What the unit has changed on the target, or would change; absent = it has no result, or an earlier release. */
  readonly size?: ChangeSize;
  /** New binary files, and files that grew beyond a megabyte; absent = none. */
  readonly largeFiles?: readonly LargeFile[];
  /** Paths in conflict that the agent left as the merge made them; absent = none. */
  readonly kept?: readonly string[];
  /** What a reviewer said of its newest result; absent = it was not reviewed. */
  readonly review?: ReviewRecord;
  /** Why its newest result has no review, where the configuration expects one. */
  readonly noReview?: NoReview;
  /** Commands that failed when it landed, and failed on the target already; absent = everything passed. */
  readonly redBefore?: readonly string[];
  /** How often a person retried the unit. */
  readonly retries?: number;
  /**
   * Each time that it began, in order; the unit's own amounts are their sums. Absent if it ended only once: its own
   * fields say everything.
   */
  readonly tries?: readonly UnitTry[];
  /** The person who left it out; absent = nobody did. */
  readonly skippedBy?: string;
  /** The unit that did not land and because of which this one is skipped; absent = there is none. */
  readonly failedDependency?: UnitId;
  readonly seconds: {
    readonly dependencies: number;
    readonly slot: number;
    readonly work: number;
    readonly human: number;
    readonly queue: number;
  };
}

/** A change of the plan while the run was open. */
export interface PlanChange {
  /** The commit on the state remote with the changed plan. */
  readonly plan: Sha;
  readonly by: string;
  readonly at: string;
  /** Units that the plan before did not have, that differ from it, and that are gone. */
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  /** Units that an agent has proposed; absent = a person has edited the plan. */
  readonly proposed?: number;
}

export interface Report {
  readonly version: 1;
  readonly run: string;
  readonly status: EndedStatus;
  readonly repository: string;
  readonly branch: string;
  readonly base: string;
  /** Null if the branch was gone or the repository unreachable when the run ended. */
  readonly tip: string | null;
  readonly goal: string;
  /** The commit on the state remote with the plan as it ended; absent in reports of earlier releases. */
  readonly plan?: Sha;
  readonly model: string;
  readonly startedBy: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly makespanSeconds: number;
  readonly criticalPathSeconds: number;
  readonly sequentialSeconds: number;
  readonly speedup: number;
  readonly costUsd: number;
  /** The part of `costUsd` that was for reviews; absent = there were none. */
  readonly reviewUsd?: number;
  /** USD that the run could spend in all, with what people added; null = no limit. Absent in reports of earlier releases. */
  readonly limitUsd?: number | null;
  /** What of a train the merge queue verified, as the run began; absent in reports of earlier releases. */
  readonly verify?: 'tip' | 'each';
  readonly units: readonly (ReportUnit & { readonly title: string })[];
  /** The session that made the plan; its cost is part of the run's. Absent = people made the plan. */
  readonly planning?: ReportUnit;
  /** How the plan changed while the run was open, in order; absent = it did not. */
  readonly planChanges?: readonly PlanChange[];
  readonly conflicts: ReportConflicts;
  /** `unit` is null for decisions about the whole run. */
  readonly decisions: readonly (UnitDecision & { readonly unit: UnitId | null })[];
}
