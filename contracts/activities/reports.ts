// The activities that write a run's report to the state remote. They run on the task queue `coppice-landing`.

import type { EndedStatus, PlanChange, ReportUnit } from '../documents/report.ts';
import type { ConflictCounts, UnitDecision } from '../documents/records.ts';
import type { RunContext } from '../documents/plan.ts';
import type { Sha } from '../ids.ts';

/** What the run workflow passes to `writeReport`; the activity adds titles, goal and facts from git. */
export interface ReportData {
  readonly status: EndedStatus;
  readonly startedAt: string;
  readonly endedAt: string;
  /** Number of record pages already in git; if the run was reopened, those after the earlier report. */
  readonly pages: number;
  /** USD that the run may spend in all, with what people have added; null = no limit. */
  readonly limitUsd: number | null;
  readonly reopened: boolean;
  /** Units that are in no page. */
  readonly units: readonly RecordedUnit[];
  /** The planner; absent = people made the plan. `planOnly`: none of its units was to begin. */
  readonly planner?: RecordedUnit;
  readonly planOnly?: true;
  /** Absent = the plan did not change. */
  readonly edits?: readonly PlanChange[];
  /** About the whole run. */
  readonly decisions: readonly UnitDecision[];
}

/** What the run knows of a unit that ended. */
export type RecordedUnit = ReportUnit & {
  readonly decisions: readonly UnitDecision[];
  readonly conflicts: ConflictCounts;
};

export interface ReportActivities {
  /** Saves one page of records under `refs/coppice/runs/<run>/records/<page>`; pages count from 1. */
  saveRecords(input: { context: RunContext; page: number; units: readonly RecordedUnit[] }): Promise<Sha>;
  /** Writes the report under `refs/coppice/runs/<run>/report`; returns the commit. */
  writeReport(input: { context: RunContext; data: ReportData }): Promise<Sha>;
}
