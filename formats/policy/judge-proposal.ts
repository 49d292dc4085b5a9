// Whether units that an agent proposes may be added to the plan of its run.

import type { MergeVerdict } from '../../contracts/approval.ts';
import type { Config, PolicyRule } from '../../contracts/documents/config.ts';
import { askBecause } from './asking.ts';
import { describeRule } from './describe-rule.ts';
import { type PlanSize, rulesOfPlan } from './judge-plan.ts';

/** Whether agents can propose anything: without a rule, nobody expects to be asked. */
export function mayPropose({ policy }: Pick<Config, 'policy'>): boolean {
  return policy.some(({ action, decide }) => action === 'proposal' && decide !== 'deny');
}

/**
 * `proposed`: units that agents of the run have proposed so far, these included. `plan`: without and with these; a rule about
 * plans counts, too, if it does not concern the plan before, because people have not agreed to that size.
 */
export function judgeProposal(
  config: Config,
  proposed: number,
  plan?: { readonly before: PlanSize; readonly after: PlanSize },
): MergeVerdict {
  const [rule] = rulesOfProposal(config, proposed);
  if (rule === undefined) return { decide: 'deny', rule: 'proposal: no rule allows it' };
  const [known, ofPlan] = [plan?.before, plan?.after].map((size) => size && rulesOfPlan(config, size)[0]);
  const rules = ofPlan === undefined || ofPlan === known ? [rule] : [rule, ofPlan];
  const denying = rules.find(({ decide }) => decide === 'deny');
  if (denying !== undefined) return { decide: 'deny', rule: describeRule(denying) };
  const asking = rules.filter(({ decide }) => decide === 'ask').map((each) => ({ rule: each, paths: [] }));
  return asking.length === 0 ? { decide: 'allow' } : askBecause(config, asking);
}

export function rulesOfProposal({ policy }: Config, proposed: number): PolicyRule[] {
  return policy.filter(({ action, over }) => action === 'proposal' && proposed > (over?.units ?? 0));
}
