// Whether a prepared run makes its plan first.

import type { PlannerTask } from '../../contracts/documents/plan.ts';
import type { PreparedRun } from './prepare-run.ts';

/** What the planner is to do; null = the run has its plan. */
export function plannerOf({ plan }: Pick<PreparedRun, 'plan'>): PlannerTask | null {
  return plan.units[0]?.planner ?? null;
}
