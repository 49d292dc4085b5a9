// The activities around a run's plan. They run on the task queue `coppice-landing`, but for one.

import type { MergeVerdict, PlanRequest } from '../approval.ts';
import type { PackedNode, RunContext } from '../documents/plan.ts';
import type { Sha, UnitId } from '../ids.ts';

export interface ComparedPlans {
  /** `context.plan` is the plan before. */
  readonly context: RunContext;
  readonly plan: Sha;
  /** Who has made the other plan, and why. */
  readonly by: string;
  readonly why?: string;
  /** Units that agents of the run have proposed, if the other plan is such a proposal; absent = it is not. */
  readonly proposed?: number;
}

/** What another plan of a run changes. */
export interface PlanComparison {
  /** Units of both plans that are not the same in both. */
  readonly changed: readonly UnitId[];
  readonly removed: readonly UnitId[];
  readonly added: readonly UnitId[];
  readonly request: PlanRequest;
  /** Whether people must agree to the other plan. */
  readonly verdict: MergeVerdict;
}

export type MadeUnits =
  /** `plan`: the commit on the state remote. */
  | { readonly status: 'made'; readonly plan: Sha; readonly request: PlanRequest; readonly verdict: MergeVerdict }
  /** `reason` starts with a stable code. */
  | { readonly status: 'failed'; readonly reason: string };

export interface PlanningActivities {
  /** Makes the units of a plan whose `forEach` names commands. On the task queue `coppice-verify`. */
  makeUnits(input: { context: RunContext }): Promise<MadeUnits>;
  comparePlans(input: ComparedPlans): Promise<PlanComparison>;
  /** The graph of the plan that `context.plan` names. */
  openPlan(input: { context: RunContext }): Promise<{ readonly graph: readonly PackedNode[] }>;
}
