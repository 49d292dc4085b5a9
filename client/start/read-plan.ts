// Reads a plan from a file, or takes the plan itself.

import { countErrors } from '../../formats/yaml/placed-error.ts';
import type { Plan, PlanDocument } from '../../contracts/documents/plan.ts';
import { checkPlan } from './check-plan.ts';
import { failure } from '../../contracts/failures.ts';

/** Throws `BadPlan` with the place of every error. */
export async function readPlan(given: string | PlanDocument): Promise<Plan> {
  const check = await checkPlan(given);
  if (check.valid) return check.plan;
  const { errors } = check;
  const what = typeof given === 'string' ? given : 'plan';
  const message = `${what} has ${countErrors(errors)}`;
  throw failure('BadPlan', message, { details: { errors } });
}
