// The plan of a run as people read and change it.

import type { Plan } from '../../contracts/documents/plan.ts';
import type { PlanningNotes } from '../../contracts/documents/planning.ts';
import type { Sha } from '../../contracts/ids.ts';

export interface RunPlan {
  /** Its commit on the state remote. */
  readonly commit: Sha;
  readonly plan: Plan;
  /** The same in the format of plan files, each unit by itself. */
  readonly text: string;
  /** As it was written: a unit with `forEach` stands for many. */
  readonly source: string;
  /** What the planning session said of it; null = people wrote the plan. */
  readonly made: PlanningNotes | null;
}

export interface EditedPlan {
  readonly commit: Sha;
  /** People must agree to it first. */
  readonly asks: boolean;
  readonly units: number;
  readonly warnings: readonly string[];
}
