// What the rules of coppice.yaml say of a tool call of an agent, before it runs.

import type { ApprovalPolicy } from '../../contracts/approval.ts';
import type { Config, PolicyRule } from '../../contracts/documents/config.ts';
import { askBecause } from './asking.ts';
import { describeRule } from './describe-rule.ts';
import { type ToolCall, judgeToolCall } from '../commands/judge.ts';
import { readToolPattern } from '../commands/patterns.ts';

export type ToolVerdict =
  | { readonly decide: 'allow' }
  /** `matched`: the parts of the call that the rules are about. */
  | { readonly decide: 'deny'; readonly rule: string; readonly matched: readonly string[] }
  | { readonly decide: 'ask'; readonly policy: ApprovalPolicy; readonly matched: readonly string[] };

export interface JudgedTool {
  readonly verdict: ToolVerdict;
  /** Those that ask or deny. */
  readonly rules: readonly PolicyRule[];
}

export function judgeTool(config: Config, call: ToolCall): JudgedTool {
  const about = config.policy.filter(({ action }) => action === 'tool');
  const verdict = judgeToolCall(
    about.map(({ commands = [], decide }) => ({ decide, patterns: commands.flatMap(patternsOf) })),
    call,
  );
  if (verdict.decide === 'allow') return { verdict, rules: [] };
  const deciding = verdict.matched.filter(({ decide }) => decide === verdict.decide);
  const matched = [...new Set(deciding.map(({ command }) => command))];
  const rules = [...new Set(deciding.flatMap(({ rule }) => about[rule] ?? []))];
  if (verdict.decide === 'deny') {
    return { verdict: { decide: 'deny', rule: rules.map(describeRule).join('; '), matched }, rules };
  }
  const { policy } = askBecause(
    config,
    rules.map((rule) => ({ rule, paths: [] })),
  );
  return { verdict: { decide: 'ask', policy, matched }, rules };
}

/** Rules that allow a part of the call which later rules would else decide about. */
export function allowingRules(config: Config, call: ToolCall): PolicyRule[] {
  const about = config.policy.filter(({ action }) => action === 'tool');
  return about.filter((rule) => {
    if (rule.decide !== 'allow') return false;
    // If it asked instead, it would ask.
    const asking = { ...rule, decide: 'ask' } as const;
    const policy = about.map((each) => (each === rule ? asking : each));
    return judgeTool({ ...config, policy }, call).rules.includes(asking);
  });
}

/** None for a text that is no pattern, which a configuration cannot have. */
function patternsOf(text: string) {
  const read = readToolPattern(text);
  return read.kind === 'pattern' ? [read.pattern] : [];
}
