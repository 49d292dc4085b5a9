// A plan from where a user has it: a file, or the plan itself.

import type { Plan } from '../domain/plan.ts';
import { failure } from '../domain/failures.ts';
import { maxPlanBytes, parsePlan } from '../domain/files/plan-file.ts';
import { readUserFile } from './read-user-file.ts';

/** Throws `BadPlan` with the place of every error. */
export async function readPlan(given: string | object): Promise<Plan> {
  const [text, file] =
    typeof given === 'string'
      ? [await readUserFile(given, maxPlanBytes), given]
      : [JSON.stringify(given, null, 2), 'plan'];
  const parsed = parsePlan(text, file);
  if ('errors' in parsed) {
    const { length } = parsed.errors;
    const message = `${file} has ${length === 1 ? 'an error' : `${length} errors`}`;
    throw failure('BadPlan', message, { details: { errors: parsed.errors } });
  }
  return parsed.plan;
}
