// What needs a person: the rules of coppice.yaml, for landings over the paths that a unit changed. Runs where the change
// is known (the host that finished the unit) and where a run starts; workflows carry the verdict. Uses picomatch, so never imported by workflow
// code at run time (types only).

import picomatch from 'picomatch';
import type { ApprovalPolicy } from './approval.ts';
import type { Config, PolicyRule } from './config.ts';

/** Whether a person may be asked. */
export type AskVerdict =
  | { readonly decide: 'ask'; readonly policy: ApprovalPolicy }
  | { readonly decide: 'deny'; readonly rule: string };

export type MergeVerdict = { readonly decide: 'allow' } | AskVerdict;

/** Does any of `globs` match? Dotfiles count; an empty list matches nothing. Paths are relative, with `/`. */
export function matchesAny(path: string, globs: readonly string[]): boolean {
  return globs.length > 0 && picomatch([...globs], { dot: true })(path);
}

/** Paths outside the unit's scope; null scope = none. */
export function outOfScope(changed: readonly string[], scope: readonly string[] | null): string[] {
  if (scope === null) return [];
  const inScope = picomatch([...scope], { dot: true });
  return changed.filter((path) => !inScope(path));
}

/**
 * The verdict on a change. Each changed path is judged by the first rule that matches it; over all paths deny wins over
 * ask over allow. A protected path that the unit's scope does not name asks anybody, unless a rule asks or denies.
 */
export function judgeMerge(config: Config, changed: readonly string[], scope: readonly string[] | null): MergeVerdict {
  const about = config.policy.filter(({ action }) => action === 'merge');
  const rules = changed.map((path) => about.find((rule) => rule.paths.length === 0 || matchesAny(path, rule.paths)));
  const denied = rules.find((rule) => rule?.decide === 'deny');
  if (denied !== undefined) return { decide: 'deny', rule: describeRule(denied) };
  const asked = rules.find((rule) => rule?.decide === 'ask');
  if (asked !== undefined) return { decide: 'ask', policy: resolvePolicy(config, asked) };
  const guarded = changed.find((path) => matchesAny(path, config.landing.protect) && !namedByScope(path, scope));
  if (guarded !== undefined) {
    return { decide: 'ask', policy: { rule: `${guarded} is protected`, by: [], allowed: null } };
  }
  return { decide: 'allow' };
}

/** Whether people are asked for more money, the network, or what an agent wants to know: anybody, unless a rule says otherwise. */
export function judgeAsking(config: Config, action: 'budget' | 'question' | 'egress'): AskVerdict {
  const rule = config.policy.find((each) => each.action === action);
  if (rule === undefined)
    return { decide: 'ask', policy: { rule: `${action}: asked by default`, by: [], allowed: null } };
  if (rule.decide === 'deny') return { decide: 'deny', rule: describeRule(rule) };
  return { decide: 'ask', policy: resolvePolicy(config, rule) };
}

/**
 * Whether a setup may have the network although a unit has changed what it reads; the host must allow it, too. If no rule
 * says anything, people are asked when the setup fails without.
 */
export function judgeEgress(config: Config): MergeVerdict {
  const rule = config.policy.find(({ action }) => action === 'egress');
  return rule?.decide === 'allow' ? { decide: 'allow' } : judgeAsking(config, 'egress');
}

/** A glob names a path when it spells at least its first folder or file out; wildcards alone match without naming. */
function namedByScope(path: string, scope: readonly string[] | null): boolean {
  return matchesAny(
    path,
    (scope ?? []).filter((glob) => /^[^*?[\](){}!@+]+(?:\/|$)/.test(glob)),
  );
}

function describeRule(rule: PolicyRule): string {
  if (rule.action !== 'merge') return `${rule.action}: ${rule.decide}`;
  return `merge of ${rule.paths.length === 0 ? 'anything' : rule.paths.join(', ')}: ${rule.decide}`;
}

function resolvePolicy(config: Config, rule: PolicyRule): ApprovalPolicy {
  const groups = rule.by.map((name) => config.people[name] ?? { slack: [], users: [], email: [] });
  return {
    rule: describeRule(rule),
    by: rule.by,
    allowed:
      rule.by.length === 0
        ? null
        : {
            slack: groups.flatMap((group) => group.slack),
            users: groups.flatMap((group) => group.users),
            email: groups.flatMap((group) => group.email),
          },
  };
}
