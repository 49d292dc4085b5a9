// Whether a unit's finished work is reviewed, and with which model and limits.

import { type Config, type ReviewConfig, defaultReview } from '../../../contracts/documents/config.ts';
import type { PlanUnit } from '../../../contracts/documents/plan.ts';

/** Null = it is not reviewed. */
export function reviewFor(
  { review, planner }: Pick<PlanUnit, 'review' | 'planner'>,
  { agent }: Pick<Config, 'agent'>,
): ReviewConfig | null {
  if (planner !== undefined || review === false) return null;
  return agent.review ?? (review === true ? defaultReview : null);
}

/** The configuration of the reviewer's own session. */
export function configOfReview(config: Config, { model, effort, maxTurns }: ReviewConfig): Config {
  const { agent } = config;
  return { ...config, agent: { ...agent, model: model ?? agent.model, effort: effort ?? agent.effort, maxTurns } };
}
