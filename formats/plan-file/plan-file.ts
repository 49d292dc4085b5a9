// Reads a plan file: text in; out comes a Plan, or every error at once. The only way for a plan into the program.
// Called where a run starts and by `plan validate` and `plan show`; uses zod and yaml, so never by workflow code.

import type { ForEach, Plan, PlanTemplate } from '../../contracts/documents/plan.ts';
import { type OpenPlan, closedPlan, wrongPlaceholders } from './for-each.ts';
import type { Path } from '../yaml/wording.ts';
import type { PlacedError } from '../yaml/placed-error.ts';
import type { UnitId } from '../../contracts/ids.ts';
import type { z } from 'zod';
import { checkGraph } from './graph.ts';
import { checkShape } from '../yaml/check-shape.ts';
import { inFileOrder } from '../yaml/placed-error.ts';
import { planSchema } from './schema.ts';
import { secondsOf } from '../yaml/fields.ts';
import { readYaml } from '../yaml/document.ts';

/** 20 MiB. Callers may check the file's size before they read it. */
export const maxPlanBytes = 20 * 1024 * 1024;

/** `open`: some of its units stand for many; `expandPlan` makes them. */
export type ParsedPlan =
  | { readonly plan: Plan; readonly open?: never; readonly errors?: never }
  | { readonly plan?: never; readonly open: OpenPlan; readonly errors?: never }
  | { readonly plan?: never; readonly open?: never; readonly errors: readonly PlacedError[] };

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
  const template = toTemplate(data);
  if (template.units.every(({ forEach }) => forEach === null)) return { plan: closedPlan(template) };
  const open = { ...template, place: (path: Path) => document.place(path) };
  const wrong = wrongPlaceholders(open);
  return wrong.length > 0 ? { errors: inFileOrder(wrong) } : { open };
}

function toTemplate(data: z.output<typeof planSchema>): PlanTemplate {
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
      ...(unit.estimate === undefined ? {} : { estimateSeconds: secondsOf(unit.estimate) }),
      ...(unit.review === undefined ? {} : { review: unit.review }),
      forEach: unit.forEach === undefined ? null : toForEach(unit.forEach),
    })),
  };
}

function toForEach({ batch = 1, limit, ...given }: Given): ForEach {
  return { items: itemsOf(given), batch, limit: limit ?? null };
}

function itemsOf({ glob = [], csv, command }: Pick<Given, 'glob' | 'csv' | 'command'>): ForEach['items'] {
  if (command !== undefined) return { from: 'command', command };
  return csv === undefined
    ? { from: 'glob', globs: typeof glob === 'string' ? [glob] : glob }
    : { from: 'csv', file: csv };
}

type Given = NonNullable<z.output<typeof planSchema>['units'][number]['forEach']>;
