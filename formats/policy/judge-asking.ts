// Whether people are asked about anything but a landing.

import type { AskVerdict, MergeVerdict } from '../../contracts/approval.ts';
import type { Config } from '../../contracts/documents/config.ts';
import { askBecause } from './asking.ts';
import { describeRule } from './describe-rule.ts';
import { timingOf, withUsual } from './timing.ts';

/** What people are asked about unless a rule says otherwise. */
export type AskedAction = 'budget' | 'question' | 'egress' | 'conflict';

/** Anybody may decide, unless a rule says otherwise. */
export function judgeAsking(config: Config, action: AskedAction): AskVerdict {
  const rule = config.policy.find((each) => each.action === action);
  if (rule?.decide === 'deny') return { decide: 'deny', rule: describeRule(rule) };
  const timing = withUsual(action, rule === undefined ? {} : timingOf(config, rule));
  if (rule === undefined)
    return { decide: 'ask', policy: { rule: `${action}: asked by default`, by: [], allowed: null, ...timing } };
  const { policy } = askBecause(config, [{ rule, paths: [] }]);
  return { decide: 'ask', policy: { ...policy, ...timing } };
}

/**
 * Whether a setup may use the network although a unit has changed its inputs; the host must allow it too. If no rule
 * decides, people are asked when the setup fails without the network.
 */
export function judgeEgress(config: Config): MergeVerdict {
  const rule = config.policy.find(({ action }) => action === 'egress');
  return rule?.decide === 'allow' ? { decide: 'allow' } : judgeAsking(config, 'egress');
}
