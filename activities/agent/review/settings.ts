// With what a reviewer's session runs.

import type { Config, ReviewConfig } from '../../../contracts/documents/config.ts';

/** The configuration of the reviewer's own session. */
export function configOfReview(config: Config, { model, effort, maxTurns }: ReviewConfig): Config {
  const { agent } = config;
  return { ...config, agent: { ...agent, model: model ?? agent.model, effort: effort ?? agent.effort, maxTurns } };
}
