// A plan that people are asked about, in one line.

import type { PlanRequest } from '../../contracts/approval.ts';
import { count } from '../text/count.ts';
import { dollars } from '../money/dollars.ts';

export function aboutPlan({ unitCount, budgetUsd }: PlanRequest, title: string): string {
  const money = budgetUsd === null ? 'without a budget' : `at most ${dollars(budgetUsd)}`;
  return `Begin "${title}": ${count(unitCount, 'unit')}, ${money}?`;
}
