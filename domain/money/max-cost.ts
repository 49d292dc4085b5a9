// The most that a run can spend on the model before anybody is asked for more.

import type { Config } from '../../contracts/documents/config.ts';
import type { Plan } from '../../contracts/documents/plan.ts';

/** In USD: the run's budget or the sum of its units', whichever is less; null = no limit. */
export function maxCost({ agent, run }: Pick<Config, 'agent' | 'run'>, { units }: Pick<Plan, 'units'>): number | null {
  const ofUnits = units.reduce((sum, { budgetUsd }) => sum + (budgetUsd ?? agent.budgetUsd ?? Infinity), 0);
  const most = Math.min(run.budgetUsd ?? Infinity, ofUnits);
  return most === Infinity ? null : most;
}
