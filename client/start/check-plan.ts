// Finds every error in a plan at once, before anything is spent. Needs no server.

import type { Env } from '../../domain/environment.ts';
import type { PlacedError } from '../../formats/yaml/placed-error.ts';
import type { Plan, PlanDocument } from '../../contracts/documents/plan.ts';
import { type PlanTarget, checkPlanOn } from './check-globs.ts';
import { criticalPath } from '../../domain/plan/dag.ts';
import { maxPlanBytes, parsePlan } from '../../formats/plan-file/plan-file.ts';
import { readUserFile } from '../read-user-file.ts';

export type PlanCheck =
  | {
      readonly valid: true;
      /** With defaults filled in. */
      readonly plan: Plan;
      /** Ids of the longest chain of units that need each other, first to last. */
      readonly criticalPath: readonly string[];
      /** The globs of the plan and of coppice.yaml that match nothing in the target; absent if no target was named. */
      readonly warnings?: readonly string[];
    }
  | {
      readonly valid: false;
      /** In the order of the file. */
      readonly errors: readonly PlacedError[];
    };

/**
 * Checks a file by its path, or the plan itself; places in the latter refer to its JSON. With a target, also checks
 * whether globs match there. Throws `BadInput` if there is no such file, and what a run would throw about the target.
 */
export async function checkPlan(
  given: string | PlanDocument,
  target: PlanTarget | null = null,
  env: Env = {},
): Promise<PlanCheck> {
  const [text, file] =
    typeof given === 'string'
      ? [await readUserFile(given, maxPlanBytes), given]
      : [JSON.stringify(given, null, 2), 'plan'];
  const parsed = parsePlan(text, file);
  if (parsed.errors !== undefined) return { valid: false, errors: parsed.errors };
  const { plan } = parsed;
  const warnings = target === null ? {} : { warnings: await checkPlanOn(plan, target, env) };
  return { valid: true, plan, criticalPath: criticalPath(plan.units), ...warnings };
}
