// What is kept of a planning session, beside the plan that it made.

/** What a planning session says of its plan. */
export interface PlanningNotes {
  readonly why: string;
  /** Files and commands that the plan rests on. */
  readonly lookedAt: readonly string[];
  /** What people were warned of. */
  readonly warnings: readonly string[];
}
