// Whether the agents of a run can reach each other.

import type { Config } from '../../contracts/documents/config.ts';

export function hasBoard(plan: { readonly units: readonly unknown[] }, { agent }: Pick<Config, 'agent'>): boolean {
  return agent.board === true && plan.units.length > 1;
}
