// A run's state and its events: data only, and the initial state. step.ts says what events do to it.

import type { Ledger } from '../money/budget.ts';
import type { RecordedUnit } from '../../contracts/activities/reports.ts';
import type { Resolution } from '../../contracts/activities/conflict.ts';
import type { UnitDecision, UnitRecord } from '../../contracts/documents/records.ts';
import type { UnitMessage } from '../../contracts/messages/run.ts';
import type { AllowedCall } from '../../contracts/tool-request.ts';
import type { ApprovalPolicy, ApprovalView, PlanRequest } from '../../contracts/approval.ts';
import type { Sha, UnitId } from '../../contracts/ids.ts';
import type { UnitPhase } from '../../contracts/documents/report.ts';

/** Times are milliseconds since the epoch. */
export interface RunState {
  readonly startedAt: number;
  /** When the plan that the run has made was agreed to: units wait for a slot since then; absent = it made none. */
  readonly begunAt?: number;
  /** By position in the graph. */
  readonly units: readonly RunUnit[];
  readonly ledgers: Ledgers;
  readonly hold: RunHold;
  readonly cancelled: boolean;
  /**
   * Counts changes of units. Each unit carries the number of its last change, so that a watcher can ask for news only.
   */
  readonly version: number;
  /** The version at which the run went on with another plan: every unit has changed since; absent = it never did. */
  readonly adoptedAt?: number;
  /** Pages of records of ended units that are in git. */
  readonly pages: number;
  /**
   * The run had ended and written a report before. What that report says of a unit holds until something newer does.
   */
  readonly reopened: boolean;
  /** Calls of agents that people have allowed for the rest of the run; absent = none. */
  readonly allowedCalls?: readonly AllowedCall[];
  /**
   * The run makes its plan: its only unit is the planner. `plan`: what it has made, once that is agreed to. `unitsOnly`: the
   * planner is no session, but a host that makes the units of a written plan.
   */
  readonly planning?: { readonly plan: Sha | null; readonly unitsOnly?: true };
  /** The planner's row of the report; absent = the run began with its plan. */
  readonly planner?: RecordedUnit;
  /** The plan with which the run goes on, as soon as nothing is under way. */
  readonly nextPlan?: AgreedPlan;
  /** The plans with which it went on, after the first one; absent = there is only that. */
  readonly edits?: readonly (AgreedPlan & { readonly at: number })[];
  /** Units that agents had proposed before the run was reopened; absent = none. */
  readonly proposedBefore?: number;
}

export interface RunHold {
  /** Who paused the whole run. */
  readonly pausedBy: string | null;
  /** The question that people are asked now; one at a time. */
  readonly ask: RunAsk | null;
  /** A question about a changed plan that gave way to the one that is open: it is asked again afterwards. */
  readonly postponed?: RunAsk;
  /** Set once people refuse: the reason with which units that ask for a slice fail. */
  readonly refusal: string | null;
  /** Number of approvals asked for. */
  readonly asked: number;
  readonly decisions: readonly UnitDecision[];
}

export type RunAsk =
  | { readonly kind: 'credential'; readonly problem: string }
  /** `edit`: of a plan that people have changed, and who is asked about it; absent = of the first one, and nothing has begun. */
  | ({ readonly kind: 'plan'; readonly edit?: AskedEdit } & PlanRequest)
  /** The target fails its own verification before anything has landed. */
  | { readonly kind: 'red-base'; readonly problem: string; readonly output: string }
  | { readonly kind: 'budget'; readonly spentUsd: number; readonly limitUsd: number; readonly topUpUsd: number };

export interface AskedEdit extends AgreedPlan {
  readonly policy: ApprovalPolicy;
  /** Units that the plan changes or leaves out: they do not start while people are asked. */
  readonly touched: readonly UnitId[];
  /** Nothing has begun. */
  readonly isFirst: boolean;
}

/** A plan with which the run is to go on. */
export interface AgreedPlan {
  readonly plan: Sha;
  readonly by: string;
  /** Units that the plan before does not have, that differ from it, and that are gone. */
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  /** Units that an agent has proposed; absent = a person has edited the plan. */
  readonly proposed?: number;
}

/** What the run may use in total, in all measures. */
export interface Ledgers {
  readonly usd: Ledger;
  readonly tokens: Ledger;
  readonly turns: Ledger;
}

export interface RunUnit {
  readonly phase: UnitPhase;
  /** When the phase began. */
  readonly since: number;
  /**
   * Why it did not land, or why it is parked. Null for a unit that is skipped because of another one
   * (`failedDependency`).
   */
  readonly reason: string | null;
  /** Position of the unit that cannot land and that this one needs. */
  readonly failedDependency: number | null;
  readonly commit: Sha | null;
  /** Number of the last message taken from the unit's workflow. */
  readonly seq: number;
  /** The slice that the unit has asked for and has no answer about yet. */
  readonly requestedSlice: number | null;
  /** When it last started; null while it waits for the first time. */
  readonly startedAt: number | null;
  readonly costUsd: number;
  /** Since it last began; counted only if the run limits them. */
  readonly tokens: number;
  readonly turns: number;
  /** How often it was retried, and its cost until then: a retry has the unit's whole budget again. */
  readonly retries: number;
  readonly costBeforeUsd: number;
  /** What people have added to its budget since it last began, USD. */
  readonly toppedUpUsd: number;
  /** Who paused it. */
  readonly pausedBy: string | null;
  /** Who left it out. */
  readonly skippedBy: string | null;
  /** A person's own result, with which it begins again. */
  readonly resolution: Resolution | null;
  /** What its workflow reported at its end; null before that, without a workflow, and once it is in git. */
  readonly record: UnitRecord | null;
  /** Whether a page of records holds how it ended. */
  readonly recorded: boolean;
  readonly version: number;
}

export type RunStateEvent =
  | { readonly type: 'started'; readonly unit: UnitId }
  | { readonly type: 'unit'; readonly message: UnitMessage }
  /** The unit's workflow vanished without a message (terminated by hand, say). */
  | { readonly type: 'lost'; readonly unit: UnitId }
  | { readonly type: 'cancel-unit'; readonly unit: UnitId }
  | { readonly type: 'cancel-run' }
  | { readonly type: 'pause-run'; readonly by: string }
  | { readonly type: 'resume-run' }
  | { readonly type: 'pause-unit'; readonly unit: UnitId; readonly by: string }
  | { readonly type: 'resume-unit'; readonly unit: UnitId }
  /**
   * The question about the whole run was decided, or is no longer asked. `asked`: which of the run's questions it was,
   * counted from 1.
   */
  | { readonly type: 'ask-ended'; readonly view: ApprovalView; readonly asked: number }
  | { readonly type: 'target-tried'; readonly verdict: TryVerdict }
  | { readonly type: 'units-begun' }
  /** A host has made the units of a written plan; `ask` null = nobody has to agree. */
  | {
      readonly type: 'units-made';
      readonly edit: AgreedPlan;
      readonly ask: { readonly policy: ApprovalPolicy; readonly request: PlanRequest } | null;
    }
  | { readonly type: 'units-failed'; readonly reason: string }
  /** A person has changed the plan; `ask` null = nobody else has to agree. */
  | {
      readonly type: 'plan-edited';
      readonly edit: AgreedPlan;
      readonly ask: (Pick<AskedEdit, 'policy' | 'touched'> & { readonly request: PlanRequest }) | null;
    }
  /** The approval's workflow vanished without a message. */
  | { readonly type: 'ask-lost'; readonly asked: number }
  /** Only of a unit that has failed or was cancelled, and whose record is in git. */
  | { readonly type: 'retry-unit'; readonly unit: UnitId; readonly resolution?: Resolution }
  | { readonly type: 'skip-unit'; readonly unit: UnitId; readonly by: string }
  /** A page of records of these units, as they were at `version`, is in git. */
  | { readonly type: 'recorded'; readonly units: readonly UnitId[]; readonly version: number };

export type TryVerdict =
  | { readonly type: 'start' }
  /** `note` tells agents what failed before they began. */
  | { readonly type: 'start-red'; readonly note: string }
  | { readonly type: 'ask'; readonly ask: Extract<RunAsk, { kind: 'red-base' }> }
  | { readonly type: 'fail'; readonly reason: string };

const ended: ReadonlySet<UnitPhase> = new Set(['landed', 'failed', 'cancelled', 'skipped']);

/** Whether the phase is final. */
export function hasEndedPhase(phase: UnitPhase): boolean {
  return ended.has(phase);
}

export const freshUnit: RunUnit = {
  phase: 'waiting',
  since: 0,
  reason: null,
  failedDependency: null,
  commit: null,
  seq: 0,
  requestedSlice: null,
  startedAt: null,
  costUsd: 0,
  tokens: 0,
  turns: 0,
  retries: 0,
  costBeforeUsd: 0,
  toppedUpUsd: 0,
  pausedBy: null,
  skippedBy: null,
  resolution: null,
  record: null,
  recorded: false,
  version: 0,
};

export function changeUnit(state: RunState, at: number, to: Partial<RunUnit>): RunState {
  const version = state.version + 1;
  const units = [...state.units];
  units[at] = { ...(state.units[at] ?? freshUnit), ...to, version };
  return { ...state, units, version };
}
