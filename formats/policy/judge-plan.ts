// Whether people must agree to a plan before a run begins.

import type { MergeVerdict, PlanRequest } from '../../contracts/approval.ts';
import type { Config, PolicyRule } from '../../contracts/documents/config.ts';
import { askBecause } from './asking.ts';
import { describeRule } from './describe-rule.ts';
import { strictest } from './timing.ts';

/** What rules about plans look at. */
export type PlanSize = Pick<PlanRequest, 'unitCount' | 'budgetUsd'>;

/** By the first rule that applies; without one, nobody is asked. */
export function judgePlan(config: Config, size: PlanSize): MergeVerdict {
  const rule = rulesOfPlan(config, size)[0];
  if (rule === undefined || rule.decide === 'allow') return { decide: 'allow' };
  if (rule.decide === 'deny') return { decide: 'deny', rule: describeRule(rule) };
  const { policy } = askBecause(config, [{ rule, paths: [] }]);
  // Without an answer nothing is lost, so the run goes on waiting.
  return { decide: 'ask', policy: { ...policy, ...strictest([{ silence: 'pause', ...policy.timing }]) } };
}

export function rulesOfPlan({ policy }: Config, { unitCount, budgetUsd }: PlanSize): PolicyRule[] {
  return policy.filter(({ action, over }) => {
    if (action !== 'plan') return false;
    if (over === undefined) return true;
    const { units = Infinity, usd = Infinity } = over;
    return unitCount > units || (budgetUsd ?? Infinity) > usd;
  });
}
