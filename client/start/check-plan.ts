// Finds every error in a plan at once, before anything is spent. Needs no server.

import type { Env } from '../../domain/environment.ts';
import type { PlacedError } from '../../formats/yaml/placed-error.ts';
import type { Plan, PlanDocument, UnitTemplate } from '../../contracts/documents/plan.ts';
import { globWarnings, inOrder } from '../../formats/globs/plan-on-target.ts';
import { type PlanTarget, openTarget } from './plan-target.ts';
import { criticalPath } from '../../domain/plan/dag.ts';
import { closedPlan, commandsOf, needsTarget } from '../../formats/plan-file/for-each.ts';
import { readGiven, unitsOf } from './read-plan.ts';

export type PlanCheck =
  | {
      readonly valid: true;
      /** With defaults filled in. */
      readonly plan: Plan;
      /** Ids of the longest chain of units that need each other, first to last. */
      readonly criticalPath: readonly string[];
      /** The globs of the plan and of coppice.yaml that match nothing in the target; absent if no target was named. */
      readonly warnings?: readonly string[];
      /**
       * Units with `forEach`, which the plan has in place of those that they make: which ones these are depends on the
       * target, and none was named, or on what commands print when a run starts. Absent = there are none.
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
  document: string | PlanDocument,
  where: PlanTarget | null = null,
  env: Env = {},
): Promise<PlanCheck> {
  const { given, errors } = await readGiven(document);
  if (errors !== undefined) return { valid: false, errors };
  const opened = where === null ? null : await openTarget(where, env);
  if (given.open !== undefined && (opened === null ? needsTarget(given.open) : commandsOf(given.open).length > 0)) {
    const many = given.open.units.filter(({ forEach }) => forEach !== null);
    return { ...valid(closedPlan(given.open)), open: many };
  }
  const made = unitsOf(given, opened?.target.paths ?? []);
  if (made.errors !== undefined) return { valid: false, errors: made.errors };
  if (opened === null) return valid(made.plan);
  const { plan, warnings } = inOrder(opened.config, made.plan, opened.target);
  return { ...valid(plan), warnings: [...globWarnings(opened.config, plan, opened.target), ...warnings] };
}

function valid(plan: Plan): Extract<PlanCheck, { readonly valid: true }> {
  return { valid: true, plan, criticalPath: criticalPath(plan.units) };
}
