// Everything that is wrong in a plan, at once and before anything is spent. Needs no server.

import type { PlacedError } from '../domain/files/placed-error.ts';
import type { Plan, PlanDocument } from '../domain/plan.ts';
import { criticalPath } from '../domain/dag.ts';
import { maxPlanBytes, parsePlan } from '../domain/files/plan-file.ts';
import { readUserFile } from './read-user-file.ts';

export type PlanCheck =
  | {
      readonly valid: true;
      /** With its defaults filled in. */
      readonly plan: Plan;
      /** Ids of the longest chain of units that need each other, first to last. */
      readonly criticalPath: readonly string[];
    }
  | {
      readonly valid: false;
      /** In the order of the file. */
      readonly errors: readonly PlacedError[];
    };

/** A file by its path, or the plan itself; places in the latter are those in its JSON. Throws `BadInput` for no file. */
export async function checkPlan(given: string | PlanDocument): Promise<PlanCheck> {
  const [text, file] =
    typeof given === 'string'
      ? [await readUserFile(given, maxPlanBytes), given]
      : [JSON.stringify(given, null, 2), 'plan'];
  const parsed = parsePlan(text, file);
  if (parsed.errors !== undefined) return { valid: false, errors: parsed.errors };
  return { valid: true, plan: parsed.plan, criticalPath: criticalPath(parsed.plan.units) };
}
