// The activities around a run's plan. They run on the task queue `coppice-landing`.

import type { PackedNode, RunContext } from '../documents/plan.ts';

export interface PlanningActivities {
  /** The graph of the plan that `context.plan` names. */
  openPlan(input: { context: RunContext }): Promise<{ readonly graph: readonly PackedNode[] }>;
}
