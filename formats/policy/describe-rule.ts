// A rule of coppice.yaml in words, for people.

import type { PolicyRule } from '../../contracts/documents/config.ts';

export function describeRule(rule: PolicyRule): string {
  if (rule.action === 'tool') return `tool ${(rule.commands ?? []).join(', ')}: ${rule.decide}`;
  const paths = rule.paths.length === 0 ? '' : ` in ${rule.paths.join(', ')}`;
  if (rule.action === 'setup') return `change of what the setup reads${paths}${conditionsOf(rule)}: ${rule.decide}`;
  if (rule.action !== 'merge') return `${rule.action}${conditionsOf(rule)}: ${rule.decide}`;
  return `merge of ${rule.paths.length === 0 ? 'anything' : rule.paths.join(', ')}${conditionsOf(rule)}: ${rule.decide}`;
}

/** ` by a unit with the label x, over 500 lines or 5 USD`. */
function conditionsOf({ labels, over, unless }: PolicyRule): string {
  const limits = Object.entries(over ?? {}).map(([what, limit]) => `${limit} ${what === 'usd' ? 'USD' : what}`);
  return [
    ...(labels === undefined ? [] : [` by a unit with the label ${labels.join(' or ')}`]),
    ...(limits.length === 0 ? [] : [` over ${limits.join(' or ')}`]),
    ...(unless === undefined ? [] : [' unless the reviewer approves it']),
  ].join(',');
}
