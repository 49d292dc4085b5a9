// Whether a unit's finished work is reviewed, and with which model and limits.

import { type Config, type ReviewConfig, defaultReview } from '../../contracts/documents/config.ts';
import type { PlanUnit } from '../../contracts/documents/plan.ts';
import { priceOf } from '../money/prices.ts';

/** Null = it is not reviewed. */
export function reviewFor(
  { review, planner }: Pick<PlanUnit, 'review' | 'planner'>,
  { agent }: Pick<Config, 'agent'>,
): ReviewConfig | null {
  if (planner !== undefined || review === false) return null;
  if (agent.review !== undefined) return agent.review;
  if (review !== true) return null;
  // A budget for a model without a price could not be kept.
  return priceOf(agent.model) === null ? { ...defaultReview, budgetUsd: null } : defaultReview;
}
