// The report of a run: what `report --json` prints, and what of it the run workflow knows. Shapes only; scripts
// rely on the names (docs/scripting.md). Times in seconds, money in USD.

import type { LargeFile } from '../large-file.ts';
import type { UnitDecision } from './records.ts';
import type { Usage } from '../usage.ts';
import type { Sha, UnitId } from '../ids.ts';

export type RunStatus = 'running' | 'paused' | 'completed' | 'failed' | 'cancelled';
/** Never in another order: their places are in histories. */
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

export interface ReportUnit {
  readonly id: UnitId;
  readonly status: UnitPhase;
  readonly reason: string | null;
  readonly needs: readonly UnitId[];
  readonly commit: Sha | null;
  /** When it was started; null when it never was. */
  readonly startedAt: string | null;
  /** When it landed, or was over in another way. */
  readonly endedAt: string | null;
  readonly hosts: readonly string[];
  readonly slices: number;
  readonly turns: number;
  readonly attempts: number;
  readonly usage: Usage;
  readonly costUsd: number;
  readonly estimated: boolean;
  /** New binary files and such as have grown beyond a megabyte; absent = there is none. */
  readonly largeFiles?: readonly LargeFile[];
  /** Paths that were in conflict, and that the agent has left as the merge made them; absent = there is none. */
  readonly kept?: readonly string[];
  /** Times that a person had it begun anew. */
  readonly retries?: number;
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

export interface Report {
  readonly version: 1;
  readonly run: string;
  readonly status: Exclude<RunStatus, 'running' | 'paused'>;
  readonly repository: string;
  readonly branch: string;
  readonly base: string;
  /** Null when the branch was gone, or the repository away, when the run ended. */
  readonly tip: string | null;
  readonly goal: string;
  readonly model: string;
  readonly startedBy: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly makespanSeconds: number;
  readonly criticalPathSeconds: number;
  readonly sequentialSeconds: number;
  readonly speedup: number;
  readonly costUsd: number;
  readonly units: readonly (ReportUnit & { readonly title: string })[];
  readonly conflicts: ReportConflicts;
  /** `unit` is null where it concerned the whole run. */
  readonly decisions: readonly (UnitDecision & { readonly unit: UnitId | null })[];
}
