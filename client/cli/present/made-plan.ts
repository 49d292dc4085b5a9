// A plan that a planning session has made, for whoever decides about it: a table, why it is cut this way, and what they
// should know. Pure.

import type { Plan } from '../../../contracts/documents/plan.ts';
import type { PlanningNotes } from '../../../contracts/documents/planning.ts';
import type { TextStream } from './colour.ts';
import { dollars } from './amounts.ts';
import { estimatePlan } from '../../../domain/plan/estimate.ts';
import { estimateText } from '../../../domain/text/estimate.ts';
import { inertLine } from './columns.ts';
import { planText } from './plan-graph.ts';

interface MadePlan {
  readonly plan: Plan;
  /** Null = people wrote the plan. */
  readonly made: PlanningNotes | null;
  /** Of the planning; null = it is not known. */
  readonly costUsd: number | null;
}

export function madePlanText({ plan, made, costUsd }: MadePlan, stream: TextStream): string {
  const { why = '', warnings = [] } = made ?? {};
  const estimate = estimatePlan(plan.units, Infinity);
  return [
    planText(plan, stream),
    // The chain is in the table.
    ...(estimate.makespanSeconds === undefined ? [] : ['', estimateText(estimate)]),
    ...(why === '' ? [] : ['', ...why.split('\n').map((line) => inertLine(line))]),
    ...(warnings.length === 0 ? [] : ['', ...warnings.map((warning) => `warning: ${inertLine(warning)}`)]),
    ...(costUsd === null ? [] : ['', `planning has cost ${dollars(costUsd)}`]),
  ].join('\n');
}
