// The messages and queries of a run's workflow. Its units talk to it by signals only, so that either may
// continue-as-new at any time.

import type { RunStatus, UnitPhase } from '../documents/report.ts';
import type { Resolution } from '../activities/conflict.ts';
import type { UnitEnd, UnitRecord } from '../documents/records.ts';
import type { AllowedCall } from '../tool-request.ts';
import type { RunId, Sha, UnitId } from '../ids.ts';
import type { UnitTotals } from '../usage.ts';
import { query, signal, update } from '../define.ts';

export const runWorkflowType = 'runWorkflow';

/** Result of a run workflow, and the details of its failure when units did not land. */
export interface RunResult {
  readonly run: string;
  readonly status: 'completed' | 'failed' | 'cancelled';
  /** Commit under `refs/coppice/runs/<run>/report`. */
  readonly report: string;
  readonly landed: number;
  readonly units: number;
}
/** Unit → run. `seq` counts a unit's messages from 1, so that a message delivered twice is recognised. */
export type UnitMessage = { readonly unit: UnitId; readonly seq: number } &
  /** `toppedUpUsd`: what people have added to its budget so far. */
  (
    | { readonly type: 'wants-slice'; readonly slice: number; readonly toppedUpUsd: number }
    /** A slice ended and the unit no longer works; `phase` says what it waits for. */
    | {
        readonly type: 'settled';
        readonly phase: 'ready' | 'parked' | 'asking' | 'queued';
        /** Why a unit is parked, or what it asks. */
        readonly why?: string;
        /** The model's server refused the key of the unit's host. */
        readonly credential?: string;
        readonly totals: UnitTotals;
      }
    /** A person has allowed a call for the whole run. */
    | { readonly type: 'allows'; readonly call: AllowedCall }
    | { readonly type: 'ended'; readonly end: UnitEnd; readonly record: UnitRecord }
  );

export const unitSignal = signal<[UnitMessage]>('unit');

/** What a run says of itself beside its units. */
export interface RunHead {
  readonly run: RunId;
  readonly status: RunStatus;
  readonly repository: string;
  readonly branch: string;
  readonly queue: string;
  readonly goal: string;
  readonly model: string;
  readonly startedBy: string;
  readonly startedAt: string;
  /** The commit on the state remote with the run's plan; absent in answers of earlier releases. */
  readonly plan?: Sha;
  /** How many units there are; it changes with the plan. Absent in answers of earlier releases. */
  readonly total?: number;
  /** The target is being tried; no unit has begun. */
  readonly trying?: boolean;
  readonly budget: { readonly spentUsd: number; readonly limitUsd: number | null };
  /** Id of the open approval that concerns the whole run. */
  readonly approval: string | null;
}

/** Argument of the run workflow's query `view`; absent = from the beginning. */
export interface ViewRequest {
  /** The `version` of an earlier answer: the new answer holds only units that changed since. */
  readonly after?: number;
  /**
   * Place in the plan at which the page begins. Absent in requests of clients up to 0.1: they get the oldest changes
   * first, and ask again with the answer's `version` until it is `complete`.
   */
  readonly from?: number;
}

/** Answer to `view`: a page of the units that changed. */
export interface RunView extends RunHead {
  /** In the order of the plan. */
  readonly units: readonly RunViewUnit[];
  readonly version: number;
  readonly complete: boolean;
  /**
   * Where the next page begins, to be asked for with the same `after`; null = this was the last one. Absent without
   * `from`, and in answers of workers up to 0.1, which do not know `from`.
   */
  readonly next?: number | null;
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
  /** What the unit may cost in total by its current budget; null = no limit of its own. */
  readonly budgetUsd: number | null;
}

export const runViewQuery = query<RunView, [ViewRequest?]>('view');

/** Answer to `overview`: what people look at, whatever the number of units. */
export interface RunOverview extends RunHead {
  readonly counts: Readonly<Partial<Record<UnitPhase, number>>>;
  /** All units in the order of the plan; if there are more than asked for, the most urgent ones (domain/run/notable.ts). */
  readonly units: readonly RunViewUnit[];
}

/** Workers up to 0.1 do not know it. */
export const runOverviewQuery = query<RunOverview, [{ readonly most: number }]>('overview');

/** Answer to `reachable`: whom a message can reach. Units have begun once they have a workflow. */
export interface Reachable {
  /** Begun, and not ended. */
  readonly begun: readonly UnitId[];
  /** The phase of the unit that was asked about; null = none was, or there is no such unit. */
  readonly phase: UnitPhase | null;
}

/** For hosts. Workers of earlier releases do not know it. */
export const reachableQuery = query<Reachable, [unit: UnitId | null]>('reachable');

/** Answer to the updates `cancelUnit`, `retryUnit`, `skipUnit`, `pause` and `resume`. */
export type UnitActionAnswer =
  | { readonly accepted: true }
  | {
      readonly accepted: false;
      /** Whether the run has such a unit. */
      readonly known: boolean;
      /** The run's last unit has ended; the run can soon be reopened. */
      readonly ending?: true;
      /** It may be possible in a moment; absent = it is not known to be. */
      readonly again?: true;
      readonly message: string;
    };

/** An edited plan for a run that is open. */
export interface PlanEdit {
  /** The commit on the state remote with the edited plan. */
  readonly plan: Sha;
  /** The plan that was edited; refused if the run has another by now. */
  readonly expected: Sha;
  readonly by: string;
  /** Units that an agent proposes, and why; absent = a person has edited the plan. */
  readonly proposed?: number;
  readonly why?: string;
}

/** Answer to `editPlan`. `asks`: people are asked first. */
export type PlanEditAnswer =
  | { readonly accepted: true; readonly asks: boolean }
  | Extract<UnitActionAnswer, { readonly accepted: false }>;

/** An update, because the person needs to know whether what they changed had begun already. */
export const editPlanUpdate = update<PlanEditAnswer, [PlanEdit]>('editPlan');

// Updates, because the person needs to know whether there was anything to cancel, retry or skip.
export const cancelUnitUpdate = update<UnitActionAnswer, [UnitId]>('cancelUnit');
/** `reverted`: its commit was taken back. With a resolution, the unit begins with that instead of with its agent. */
export interface RetryHow {
  readonly reverted?: true;
  readonly resolution?: Resolution;
}

export const retryUnitUpdate = update<UnitActionAnswer, [UnitId, RetryHow?]>('retryUnit');
export const skipUnitUpdate = update<UnitActionAnswer, [unit: UnitId, by: string]>('skipUnit');
/** `unit` null = the whole run. */
export const pauseUpdate = update<UnitActionAnswer, [unit: UnitId | null, by: string]>('pause');
export const resumeUpdate = update<UnitActionAnswer, [unit: UnitId | null]>('resume');
