// The default budgets, which are amounts of money, where no price is known.

import type { Config, ReviewConfig } from '../../contracts/documents/config.ts';
import { defaultConfig, defaultPlanning, defaultReview } from '../../contracts/documents/config.ts';
import { priceOf } from '../../domain/money/prices.ts';

/**
 * The default budgets apply to models with a known price; if the file sets a budget for another model, `prepareRun` refuses
 * it. A budget that equals the default's amount counts as the default.
 */
export function withoutDefaultBudgets(config: Config): Config {
  if (priceOf(config.agent.model) !== null) return config;
  const { agent, run } = defaultConfig;
  const { planning = defaultPlanning } = config.agent;
  const planningUsd = planning.budgetUsd === defaultPlanning.budgetUsd ? null : planning.budgetUsd;
  const { review } = config.agent;
  return {
    ...config,
    agent: {
      ...config.agent,
      budgetUsd: config.agent.budgetUsd === agent.budgetUsd ? null : config.agent.budgetUsd,
      planning: { ...planning, budgetUsd: planningUsd },
      ...(review === undefined ? {} : { review: withoutDefaultBudget(review) }),
    },
    run: { ...config.run, budgetUsd: config.run.budgetUsd === run.budgetUsd ? null : config.run.budgetUsd },
  };
}

/** Of a reviewer that has the agent's model. */
function withoutDefaultBudget(review: ReviewConfig): ReviewConfig {
  const isDefault = review.model === null && review.budgetUsd === defaultReview.budgetUsd;
  return isDefault ? { ...review, budgetUsd: null } : review;
}
