// What the rules say to sample actions, and which rules none of them met. Pure.

import type { MergeVerdict } from '../../contracts/approval.ts';
import type { Config, PolicyRule } from '../../contracts/documents/config.ts';
import type { PolicySample } from './samples.ts';
import { type ChangeFacts, type ChangedPaths, mergeRules, judgeMerge } from './judge.ts';
import { describeRule } from './describe-rule.ts';
import { judgeAsking, judgeEgress } from './judge-asking.ts';
import { allowingRules, judgeTool } from './judge-tool.ts';
import { judgePlan, rulesOfPlan } from './judge-plan.ts';
import { judgeProposal, rulesOfProposal } from './judge-proposal.ts';
import type { OwnersOfPaths } from '../codeowners/parse.ts';
import { ambiguousNames } from '../globs/path-globs.ts';
import { namesOf, requirementsOf } from '../../domain/approval/consent.ts';

export interface SampleResult {
  readonly name: string;
  readonly decide: PolicyRule['decide'];
  /** Who must agree: one entry for each group of people, as on a card; empty = nobody is asked. */
  readonly asks: readonly string[];
  /** The groups that are asked; empty = anybody, or nobody. */
  readonly by: readonly string[];
  /** The rule in words; null = no rule is about it. */
  readonly rule: string | null;
  /** What is not as the sample expects, in words; null = nothing. */
  readonly unexpected: string | null;
}

export interface TriedPolicy {
  readonly samples: readonly SampleResult[];
  /** Rules that decided about no sample: their places in `policy`, from 0, and the rules in words. */
  readonly unmet: readonly { readonly index: number; readonly rule: string }[];
}

/**
 * `names`: all paths of the target, for globs that mean different things in different repositories. `owners`: what its
 * CODEOWNERS says.
 */
export function trySamples(
  config: Config,
  samples: readonly PolicySample[],
  names: readonly string[],
  owners: OwnersOfPaths,
): TriedPolicy {
  const met = new Set<PolicyRule>();
  const target = ambiguousNames(names);
  const results = samples.map((sample) => {
    const change: ChangedPaths = {
      changed: sample.paths ?? [],
      scope: sample.scope ?? null,
      target,
      owners,
      facts: factsOf(sample),
    };
    const { verdict, rules } = judgeSample(config, sample, change);
    for (const rule of rules) met.add(rule);
    return resultOf(sample, verdict);
  });
  const unmet = config.policy.flatMap((rule, index) => (met.has(rule) ? [] : [{ index, rule: describeRule(rule) }]));
  return { samples: results, unmet };
}

/**
 * A sample without a number leaves it open, as the merge queue does with what it does not know. `reviewed: false`: the
 * reviewer wants changes.
 */
function factsOf({ labels = [], paths = [], lines, files = paths.length, usd, reviewed }: PolicySample): ChangeFacts {
  return {
    labels,
    files,
    ...(lines === undefined ? {} : { lines }),
    ...(usd === undefined ? {} : { usd }),
    ...(reviewed === undefined ? {} : { review: reviewed ? 'approve' : 'changes' }),
  };
}

interface Judged {
  readonly verdict: MergeVerdict;
  /** Those that have decided, allowing ones included. */
  readonly rules: readonly PolicyRule[];
}

function judgeSample(config: Config, sample: PolicySample, change: ChangedPaths): Judged {
  const { action, units = 1, usd, command, edits } = sample;
  const rules = config.policy.filter((rule) => rule.action === action).slice(0, 1);
  switch (action) {
    case 'merge':
    case 'setup':
      return { verdict: judgeMerge(config, change), rules: mergeRules(config, change) };
    case 'plan': {
      const size = { unitCount: units, budgetUsd: usd ?? null };
      return { verdict: judgePlan(config, size), rules: rulesOfPlan(config, size).slice(0, 1) };
    }
    case 'proposal':
      return { verdict: judgeProposal(config, units), rules: rulesOfProposal(config, units).slice(0, 1) };
    case 'tool':
      return judgeToolSample(
        config,
        command === undefined ? { tool: 'edit', paths: edits ?? [] } : { tool: 'bash', command },
      );
    case 'egress':
      return { verdict: judgeEgress(config), rules };
    default:
      return { verdict: judgeAsking(config, action), rules };
  }
}

function judgeToolSample(config: Config, call: Parameters<typeof judgeTool>[1]): Judged {
  const { verdict, rules } = judgeTool(config, call);
  return { verdict, rules: [...rules, ...allowingRules(config, call)] };
}

function resultOf(sample: PolicySample, verdict: MergeVerdict): SampleResult {
  const required = verdict.decide === 'ask' ? requirementsOf(verdict.policy) : [];
  const by = [...new Set(required.flatMap((each) => each.by))].toSorted();
  const rule = verdict.decide === 'ask' ? verdict.policy.rule : verdict.decide === 'deny' ? verdict.rule : null;
  const asks = required.map((each) => namesOf(each));
  const result = { name: nameOf(sample), decide: verdict.decide, asks, by, rule };
  return { ...result, unexpected: explainUnexpected(sample, result) };
}

function explainUnexpected({ expect, by: wanted }: PolicySample, { decide, by }: Pick<SampleResult, 'decide' | 'by'>) {
  if (expect !== undefined && expect !== decide) return `expected ${expect}, not ${decide}`;
  if (wanted === undefined) return null;
  if (decide !== 'ask') return `expected a question to ${wanted.join(', ')}, not ${decide}`;
  const names = (groups: readonly string[]): string => groups.toSorted().join(', ') || 'anybody';
  return names(wanted) === names(by) ? null : `expected a question to ${names(wanted)}, not to ${names(by)}`;
}

function nameOf({ name, action, command, paths = [], edits = paths }: PolicySample): string {
  return name ?? command ?? [action, ...(edits.length === 0 ? [] : ['of', edits.join(', ')])].join(' ');
}
