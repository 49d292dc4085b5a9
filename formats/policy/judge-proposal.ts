// Whether units that an agent proposes may be added to the plan of its run.

import type { MergeVerdict } from '../../contracts/approval.ts';
import type { Config, PolicyRule } from '../../contracts/documents/config.ts';
import { askBecause } from './asking.ts';
import { describeRule } from './describe-rule.ts';
import { timingOf, withUsual } from './timing.ts';

/** Whether agents can propose anything: without a rule, nobody expects to be asked. */
export function mayPropose({ policy }: Pick<Config, 'policy'>): boolean {
  return policy.some(({ action, decide }) => action === 'proposal' && decide !== 'deny');
}

/** `proposed`: units that agents of the run have proposed so far, these included. */
export function judgeProposal(config: Config, proposed: number): MergeVerdict {
  const [rule] = rulesOfProposal(config, proposed);
  if (rule === undefined) return { decide: 'deny', rule: 'proposal: no rule allows it' };
  if (rule.decide === 'allow') return { decide: 'allow' };
  if (rule.decide === 'deny') return { decide: 'deny', rule: describeRule(rule) };
  const { policy } = askBecause(config, [{ rule, paths: [] }]);
  return { decide: 'ask', policy: { ...policy, ...withUsual('proposal', timingOf(config, rule)) } };
}

export function rulesOfProposal({ policy }: Config, proposed: number): PolicyRule[] {
  return policy.filter(({ action, over }) => action === 'proposal' && proposed > (over?.units ?? 0));
}
