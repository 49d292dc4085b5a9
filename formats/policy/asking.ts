// From rules that ask to who is asked, and on which terms.

import type { ApprovalPolicy, AskVerdict, Requirement } from '../../contracts/approval.ts';
import type { Config, PolicyRule } from '../../contracts/documents/config.ts';
import { togetherOf } from '../../contracts/people.ts';
import type { OwnersOfPaths } from '../codeowners/parse.ts';
import { askOwners, asksOwners } from './code-owners.ts';
import { describeRule } from './describe-rule.ts';
import { earliest } from '../../domain/approval/timing.ts';
import { strictest, timingOf } from './timing.ts';

/** Why people are asked: a rule, or what is guarded without one, and the paths that it concerns. */
export interface Asking {
  readonly rule: PolicyRule | 'protected' | 'lock-file' | 'review';
  readonly paths: readonly string[];
}

export type Asked = Extract<AskVerdict, { decide: 'ask' }>;

/** How long people have, and what their decisions need. */
export type Terms = Pick<ApprovalPolicy, 'timing' | 'tier'>;

/** `owners`: where a rule asks for them. */
export function askBecause(config: Config, asking: readonly Asking[], owners?: OwnersOfPaths): Asked {
  return askFor(
    config,
    asking.flatMap((each) => requirementsFor(config, each, owners)),
    strictestTerms(asking.map(({ rule }) => termsOf(config, rule))),
  );
}

/** Asks the people of all requirements, and only those who may join them later. */
export function askFor(config: Config, required: readonly Requirement[], { timing, ...terms }: Terms): Asked {
  const { escalate: _, ...times } = timing ?? {};
  const escalate = earliest(required.flatMap((each) => each.escalate ?? []));
  const clock = { ...times, ...escalate };
  return {
    decide: 'ask',
    policy: {
      ...policyOf(config, mergeAlike(required)),
      ...terms,
      ...(Object.keys(clock).length === 0 ? {} : { timing: clock }),
    },
  };
}

/** What is guarded without a rule has the usual terms. */
function termsOf(config: Config, rule: Asking['rule']): Terms {
  if (typeof rule === 'string') return {};
  const { tier } = rule;
  return { timing: timingOf(config, rule), ...(tier === undefined ? {} : { tier }) };
}

/** The strictest terms of several policies. */
export function strictestTerms(policies: readonly Terms[]): Terms {
  const isCritical = policies.some(({ tier }) => tier === 'critical');
  return { ...strictest(policies.map(({ timing = {} }) => timing)), ...(isCritical ? { tier: 'critical' } : {}) };
}

/** Most paths to keep in a requirement. */
const pathsNamed = 5;

function requirementsFor(config: Config, asking: Asking, owners: OwnersOfPaths | undefined): readonly Requirement[] {
  const { rule, paths } = asking;
  if (typeof rule === 'string' || !asksOwners(rule)) return [requirementOf(config, asking)];
  return askOwners(config, rule, paths, owners).map(({ count, paths: about, ...asked }) => ({
    ...asked,
    ...howMany({ ...rule, count }),
    ...laterOf(config, rule),
    ...ofSetup(rule),
    ...shownOf(about),
  }));
}

function shownOf(paths: readonly string[]): Pick<Requirement, 'paths' | 'pathCount'> {
  return { paths: paths.slice(0, pathsNamed), pathCount: paths.length };
}

function requirementOf(config: Config, { rule, paths }: Asking): Requirement {
  const shown = shownOf(paths);
  if (typeof rule !== 'string')
    return {
      rule: describeRule(rule),
      ...groupsOf(config, rule),
      ...howMany(rule),
      ...laterOf(config, rule),
      ...ofSetup(rule),
      ...shown,
    };
  if (rule === 'review') return { rule: 'the reviewer wants changes', by: [], allowed: null, ...shown };
  const [first = '', ...others] = paths;
  const [one, many] = {
    protected: ['is protected', 'are protected'],
    'lock-file': ['is a lock file', 'are lock files'],
  }[rule];
  const what = others.length === 0 ? `${first} ${one}` : `${first} and ${others.length} more ${many}`;
  const kind = rule === 'protected' ? { guarded: true as const } : { lockFiles: true as const };
  return { rule: what, by: [], allowed: null, ...kind, ...shown };
}

function ofSetup({ action }: PolicyRule): Pick<Requirement, 'setup'> {
  return action === 'setup' ? { setup: true } : {};
}

function howMany({ count = 1, requester = true }: PolicyRule): Pick<Requirement, 'count' | 'notRequester'> {
  return { ...(count === 1 ? {} : { count }), ...(requester ? {} : { notRequester: true }) };
}

function laterOf(config: Config, rule: PolicyRule): Pick<Requirement, 'escalate'> {
  const { escalate } = timingOf(config, rule);
  return escalate === undefined ? {} : { escalate };
}

/** Rules that name the same people, now and later, become one requirement: each of these people can answer all of it. */
function mergeAlike(requirements: readonly Requirement[]): Requirement[] {
  const merged = new Map<string, Requirement>();
  for (const each of requirements) {
    const { escalate } = each;
    const later = escalate === undefined ? null : [escalate.afterSeconds, escalate.to.toSorted()];
    const key = JSON.stringify([each.by.toSorted(), each.count ?? 1, each.notRequester ?? false, later]);
    const known = merged.get(key);
    merged.set(
      key,
      known === undefined
        ? each
        : {
            ...known,
            rule: `${known.rule}; ${each.rule}`,
            ...kindsOf(each),
            paths: [...new Set([...known.paths, ...each.paths])].slice(0, pathsNamed),
            pathCount: known.pathCount + each.pathCount,
          },
    );
  }
  return [...merged.values()];
}

/** What its paths are. */
function kindsOf({ guarded, lockFiles, setup }: Requirement): Pick<Requirement, 'guarded' | 'lockFiles' | 'setup'> {
  return {
    ...(guarded === undefined ? {} : { guarded }),
    ...(lockFiles === undefined ? {} : { lockFiles }),
    ...(setup === undefined ? {} : { setup }),
  };
}

/** A policy of all requirements. Its own fields sum them up, for programs that do not know `required`. */
function policyOf({ persons = [] }: Config, required: readonly Requirement[]): ApprovalPolicy {
  const named = required.flatMap(({ allowed }) => allowed ?? []);
  const counts = required.some(({ count = 1, notRequester }) => count > 1 || notRequester === true);
  return {
    ...(counts && persons.length > 0 ? { persons } : {}),
    rule: required.map(({ rule }) => rule).join('; '),
    by: [...new Set(required.flatMap(({ by }) => by))],
    allowed: named.length === 0 ? null : togetherOf(named),
    required,
  };
}

function groupsOf({ people }: Config, { by }: PolicyRule): Pick<ApprovalPolicy, 'by' | 'allowed'> {
  if (by.length === 0) return { by, allowed: null };
  return { by, allowed: togetherOf(by.flatMap((name) => people[name] ?? [])) };
}
