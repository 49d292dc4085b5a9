// What people are asked about a plan.

import type { PlanRequest } from '../../contracts/approval.ts';
import type { Config } from '../../contracts/documents/config.ts';
import type { Plan } from '../../contracts/documents/plan.ts';
import type { Sha } from '../../contracts/ids.ts';
import { estimatePlan } from '../../domain/plan/estimate.ts';
import { maxCost } from '../../domain/money/max-cost.ts';

/** Units and warnings named to people. */
const unitsNamed = 20;
const warningsNamed = 20;
const longestWarning = 300;

/** `commit`: of the plan. */
export function planRequestOf(
  { plan, config }: { readonly plan: Plan; readonly config: Config },
  commit: Sha,
  {
    warnings = [],
    made,
    change,
  }: { readonly warnings?: readonly string[] } & Pick<PlanRequest, 'made' | 'change'> = {},
): PlanRequest {
  const { units } = plan;
  return {
    plan: commit,
    units: units.slice(0, unitsNamed).map(({ id, title }) => ({ id, title })),
    unitCount: units.length,
    parallel: config.run.parallel,
    model: config.agent.model,
    budgetUsd: maxCost(config, plan),
    estimate: estimatePlan(units, config.run.parallel),
    ...(made === undefined ? {} : { made }),
    ...(change === undefined ? {} : { change }),
    ...(warnings.length === 0
      ? {}
      : { warnings: warnings.slice(0, warningsNamed).map((warning) => warning.slice(0, longestWarning)) }),
  };
}
