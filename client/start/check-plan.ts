// Finds every error in a plan at once, before anything is spent. Needs no server.

import type { Env } from '../../domain/environment.ts';
import type { PlacedError } from '../../formats/yaml/placed-error.ts';
import type { Plan, UnitTemplate } from '../../contracts/documents/plan.ts';
import { type PlanTarget, openTarget } from './plan-target.ts';
import { criticalPath } from '../../domain/plan/dag.ts';
import { planOnTarget } from './plan-on-target.ts';
import { type PlanSource, readGiven, unitsOf } from './read-plan.ts';

export type PlanCheck =
  | {
      readonly valid: true;
      /** With defaults filled in. */
      readonly plan: Plan;
      /** Ids of the longest chain of units that need each other, first to last. */
      readonly criticalPath: readonly string[];
      /** What people should know of the plan on its target; absent if no target was named. */
      readonly warnings?: readonly string[];
      /**
       * Units that the plan has in place of those that they make: units of a glob, if no target was named, and of a
       * command, which runs when a run starts. Absent = there are none.
       */
      readonly open?: readonly UnitTemplate[];
    }
  | {
      readonly valid: false;
      /** In the order of the file. */
      readonly errors: readonly PlacedError[];
    };

/**
 * Checks a file by its path, or the plan itself; places in the latter refer to its JSON. With a target, also makes the
 * units of `forEach`, and checks whether globs match there. Throws `BadInput` if there is no such file, and what a run
 * would throw about the target.
 */
export async function checkPlan(
  source: PlanSource,
  where: PlanTarget | null = null,
  env: Env = {},
): Promise<PlanCheck> {
  const { given, errors } = await readGiven(source);
  if (errors !== undefined) return { valid: false, errors };
  const opened = where === null ? null : await openTarget(where, env);
  const made = unitsOf(given, opened?.target.paths ?? null);
  if (made.errors !== undefined) return { valid: false, errors: made.errors };
  const open = made.open.length === 0 ? {} : { open: made.open };
  if (opened === null) return { ...valid(made.plan), ...open };
  const { plan, warnings } = planOnTarget(opened.config, made, opened.target);
  return { ...valid(plan), warnings, ...open };
}

function valid(plan: Plan): Extract<PlanCheck, { readonly valid: true }> {
  return { valid: true, plan, criticalPath: criticalPath(plan.units) };
}
