// What workflows answer to queries and updates beyond their own state. Shapes only.

import type { RunStatus, UnitPhase } from './report.ts';
import type { UnitId } from './ids.ts';

/** Argument of the query `view` of the run workflow; none = from the beginning. */
export interface ViewRequest {
  /** The `version` of an earlier answer: only units that changed since are wanted. */
  readonly after?: number;
  /** The most units in one answer. */
  readonly limit?: number;
}

/** Answer to it. Ask again, with its `version` as `after`, until it is `complete`. */
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
  /** In the order of the plan. */
  readonly units: readonly RunViewUnit[];
  readonly version: number;
  readonly complete: boolean;
  /** The target is being tried; nothing has begun. */
  readonly trying?: boolean;
  readonly budget: { readonly spentUsd: number; readonly limitUsd: number | null };
  /** Id of the open approval that concerns the whole run. */
  readonly approval: string | null;
}

export interface RunViewUnit {
  /** Place in the plan, from 0. */
  readonly position: number;
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
  /** What it may cost in all, as things stand; null = no limit of its own. */
  readonly budgetUsd: number | null;
}

/** Answer to the update `message` of a unit. */
export type WordAnswer =
  | { readonly accepted: true }
  | { readonly accepted: false; readonly known: true; readonly message: string };

/** Answer to the updates `cancelUnit`, `retryUnit`, `skipUnit`, `pause` and `resume`. */
export type UnitActionAnswer =
  | { readonly accepted: true }
  | {
      readonly accepted: false;
      /** Whether the run has such a unit. */
      readonly known: boolean;
      /** The run's last unit has ended: soon it can be opened again. */
      readonly ending?: true;
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
