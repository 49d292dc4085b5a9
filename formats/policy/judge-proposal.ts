// Whether units that an agent proposes may be added to the plan of its run.

import type { MergeVerdict } from '../../contracts/approval.ts';
import type { Config, PolicyRule } from '../../contracts/documents/config.ts';
import { askBecause } from './asking.ts';
import { describeRule } from './describe-rule.ts';
import { timingOf, withUsual } from './timing.ts';

/** `proposed`: units that agents of the run have proposed so far, these included. Without a rule, people are asked. */
export function judgeProposal(config: Config, proposed: number): MergeVerdict {
  const [rule] = rulesOfProposal(config, proposed);
  if (rule === undefined)
    return { decide: 'ask', policy: { rule: 'proposal: asked by default', by: [], allowed: null } };
  if (rule.decide === 'allow') return { decide: 'allow' };
  if (rule.decide === 'deny') return { decide: 'deny', rule: describeRule(rule) };
  const { policy } = askBecause(config, [{ rule, paths: [] }]);
  return { decide: 'ask', policy: { ...policy, ...withUsual('proposal', timingOf(config, rule)) } };
}

export function rulesOfProposal({ policy }: Config, proposed: number): PolicyRule[] {
  return policy.filter(({ action, over }) => action === 'proposal' && proposed > (over?.units ?? 0));
}
