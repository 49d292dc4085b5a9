// The `submit_plan` tool, by which a planning session hands in its plan. The plan is checked like a file that people
// write; the session ends with a plan that is accepted (see stops.ts).

import { z } from 'zod';
import type { Submission } from './place.ts';
import type { ToolCall } from '../../../contracts/documents/journal.ts';
import { planSchema } from '../../../formats/plan-file/schema.ts';
import { tool, toolError } from './tool.ts';

const { $schema: _, ...planShape } = z.toJSONSchema(planSchema, { io: 'input' });

const submitInput = z.looseObject({
  // The parser of plan files checks it, so that errors read the same.
  plan: z
    .any()
    .optional()
    .meta({ ...planShape, description: 'The plan.' }),
  why: z.string().trim().max(2000).optional().meta({
    description: 'Why you cut the work in this way, in a few sentences for the people who agree to the plan.',
  }),
  looked_at: z
    .array(z.string().max(500))
    .max(200)
    .optional()
    .meta({ description: 'The files and commands that the plan rests on.' }),
});

export const submitPlan = tool({
  name: 'submit_plan',
  description:
    'Hands in your plan, as an object. It is checked at once: you are told what is wrong with it, and hand it in again. Your work ends when it is accepted.',
  input: submitInput,
  run: (place, input) =>
    place.plans === null
      ? Promise.resolve(toolError('Error: there is nothing to plan here.'))
      : place.plans.submit(submissionOf(input)),
});

/** A plan that is handed in by its own fields, or as text, is as clear. */
function submissionOf({
  plan,
  why = '',
  looked_at: lookedAt = [],
  ...fields
}: z.infer<typeof submitInput>): Submission {
  const given: unknown = plan ?? ('units' in fields ? fields : undefined);
  const whole = isRecord(given) && !('version' in given) ? { version: 1, ...given } : given;
  const text = typeof whole === 'string' ? whole : JSON.stringify(whole ?? null, null, 2);
  return { text, isText: typeof whole === 'string', why, lookedAt };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The last plan that these calls hand in; null = none. */
export function lastSubmission(calls: readonly ToolCall[]): Submission | null {
  const call = calls.findLast(({ name }) => name === submitPlan.name);
  const parsed = call === undefined ? undefined : submitInput.safeParse(call.input).data;
  return parsed === undefined ? null : submissionOf(parsed);
}
