// A plan that people are asked about, in one line.

import type { PlanRequest } from '../../contracts/approval.ts';
import { count } from '../text/count.ts';
import { dollars } from '../money/dollars.ts';

/** `by`: who has changed it after the start. */
export function aboutPlan({ unitCount, budgetUsd }: PlanRequest, title: string, by?: string): string {
  const money = budgetUsd === null ? 'without a budget' : `at most ${dollars(budgetUsd)}`;
  const what = by === undefined ? `Begin "${title}"` : `Go on with "${title}" as ${by} has changed it`;
  return `${what}: ${count(unitCount, 'unit')}, ${money}?`;
}
