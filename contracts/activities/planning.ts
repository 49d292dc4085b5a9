// The activities around a run's plan. They run on the task queue `coppice-landing`.

import type { MergeVerdict, PlanRequest } from '../approval.ts';
import type { PackedNode, RunContext } from '../documents/plan.ts';
import type { Sha, UnitId } from '../ids.ts';

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

export interface PlanningActivities {
  /**
   * Compares another plan with the one that `context.plan` names. `proposed`: units that agents of the run have proposed, if
   * the other plan is such a proposal; absent = it is not.
   */
  comparePlans(input: { context: RunContext; plan: Sha; proposed?: number }): Promise<PlanComparison>;
  /** The graph of the plan that `context.plan` names. */
  openPlan(input: { context: RunContext }): Promise<{ readonly graph: readonly PackedNode[] }>;
}
