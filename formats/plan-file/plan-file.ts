// Reads a plan file: text in; out comes a Plan, or every error at once. The only way for a plan into the program.
// Called where a run starts and by `plan validate` and `plan show`; uses zod and yaml, so never by workflow code.

import type { Plan } from '../../contracts/documents/plan.ts';
import type { PlacedError } from '../yaml/placed-error.ts';
import type { UnitId } from '../../contracts/ids.ts';
import type { z } from 'zod';
import { checkGraph } from './graph.ts';
import { checkShape } from '../yaml/check-shape.ts';
import { inFileOrder } from '../yaml/placed-error.ts';
import { planSchema } from './schema.ts';
import { readYaml } from '../yaml/document.ts';

/** 20 MiB. Callers may check the file's size before they read it. */
export const maxPlanBytes = 20 * 1024 * 1024;

export type ParsedPlan =
  | { readonly plan: Plan; readonly errors?: never }
  | { readonly plan?: never; readonly errors: readonly PlacedError[] };

/** `file` is the name that errors carry. JSON is YAML, so one parser reads both. */
export function parsePlan(text: string, file: string): ParsedPlan {
  const start = { file, line: 1, column: 1 };
  if (Buffer.byteLength(text) > maxPlanBytes) {
    return { errors: [{ at: start, message: 'the plan is larger than 20 MiB' }] };
  }
  const document = readYaml(text, file);
  if (document.value === undefined) return { errors: inFileOrder(document.errors) };
  if (document.value === null) return { errors: [{ at: start, message: 'the file is empty' }] };
  const { data, errors } = checkShape(planSchema, document.value, document);
  const all = [...document.errors, ...errors, ...checkGraph(document.value, document)];
  if (data === null || all.length > 0) return { errors: inFileOrder(all) };
  return { plan: toPlan(data) };
}

function toPlan(data: z.output<typeof planSchema>): Plan {
  return {
    version: 1,
    goal: data.goal ?? '',
    units: data.units.map((unit) => ({
      // Checked by the schema and by the graph: every need is an id of the plan.
      id: unit.id as UnitId,
      title: unit.title,
      prompt: unit.prompt,
      needs: (unit.needs ?? []) as UnitId[],
      scope: unit.scope ?? null,
      verify: unit.verify ?? null,
      labels: unit.labels ?? [],
      budgetUsd: unit.budgetUsd ?? null,
      maxTurns: unit.maxTurns ?? null,
    })),
  };
}
