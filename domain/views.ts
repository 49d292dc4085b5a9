// What workflows answer to queries and updates beyond their own state. Shapes only.

import type { RunStatus, UnitPhase } from './report.ts';
import type { UnitId } from './ids.ts';

/** Query `view` of the run workflow. */
export interface RunView {
  readonly run: string;
  readonly status: RunStatus;
  readonly repository: string;
  readonly branch: string;
  readonly stateRemote: string;
  readonly queue: string;
  readonly goal: string;
  readonly model: string;
  readonly startedBy: string;
  readonly startedAt: string;
  readonly units: readonly RunViewUnit[];
  readonly budget: { readonly spentUsd: number; readonly limitUsd: number | null };
}

export interface RunViewUnit {
  readonly id: UnitId;
  readonly title: string;
  readonly phase: UnitPhase;
  readonly reason: string | null;
  /** On the target branch, once it has landed. */
  readonly commit: string | null;
  readonly needs: readonly UnitId[];
  readonly since: string;
  readonly costUsd: number;
  readonly estimated: boolean;
}

/** Answer to the update `cancelUnit`. */
export type UnitCancellation =
  | { readonly accepted: true }
  | {
      readonly accepted: false;
      /** Whether the run has such a unit. */ readonly known: boolean;
      readonly message: string;
    };

/** Result of a run workflow, and the details of its failure when units did not land. */
export interface RunResult {
  readonly run: string;
  readonly status: 'completed' | 'failed' | 'cancelled';
  /** Commit under `refs/coppice/runs/<run>/report`. */
  readonly report: string;
  readonly landed: number;
  readonly units: number;
}
