// When a person must agree: the rules of coppice.yaml, applied to the paths that a unit changed. Runs where the change
// is known (the host that finished the unit) and where a run starts; workflows carry the verdict, and import types
// only.

import type {
  ApprovalPolicy,
  ApprovalTiming,
  AskVerdict,
  MergeVerdict,
  Requirement,
} from '../../contracts/approval.ts';
import type { ChangeLimits, Config, PolicyRule } from '../../contracts/documents/config.ts';
import type { ChangeSize } from '../../contracts/change-size.ts';
import { togetherOf } from '../../contracts/people.ts';
import { strictest, timingOf, withUsual } from './timing.ts';
import { type AmbiguousNames, type PathGlobs, readGlobs } from '../globs/path-globs.ts';

/**
 * The paths that a unit changed, and the target's names that affect how globs are read (`formats/globs/path-globs.ts`).
 */
export interface ChangedPaths {
  readonly changed: readonly string[];
  /** The unit's scope; null = anything. */
  readonly scope: readonly string[] | null;
  readonly target: AmbiguousNames;
  /** What rules may depend on besides. */
  readonly facts?: ChangeFacts;
}

/** What is absent is not known: rules that guard apply then, and rules that allow do not. */
export interface ChangeFacts extends ChangeLimits {
  /** Of the unit. */
  readonly labels?: readonly string[];
}

export function factsOfSize({ files, additions, deletions }: ChangeSize): Pick<ChangeFacts, 'lines' | 'files'> {
  return { lines: additions + deletions, files };
}

/** Paths outside the unit's scope; null scope = none. */
export function outOfScope({ changed, scope, target }: ChangedPaths): string[] {
  if (scope === null) return [];
  const { surely } = readGlobs(scope, target);
  return changed.filter((path) => !surely(path));
}

/** Whether a rule depends on the size of a change, which costs time to find out. */
export function asksForSize({ policy }: Config): boolean {
  return policy.some(({ over }) => over?.lines !== undefined || over?.files !== undefined);
}

/** All globs that `judgeMerge` reads for a unit of this scope. */
export function globsOfMerge({ policy, landing }: Config, scope: readonly string[] | null): string[] {
  return [...policy.flatMap(({ paths }) => paths), ...landing.protect, ...(scope ?? [])];
}

/** Why people are asked: one rule, or the protection (null), and the paths that it concerns. */
interface Asking {
  readonly rule: PolicyRule | null;
  readonly paths: readonly string[];
}

/**
 * The verdict on a change. Each path is judged by the first rule that surely matches it, and by earlier rules that
 * possibly match and ask or deny. Over all paths, deny wins over ask over allow, and everybody who is asked must agree.
 * If a protected path is not named by the unit's scope, anybody must agree, unless a rule asks about it.
 */
export function judgeMerge(config: Config, change: ChangedPaths): MergeVerdict {
  const judged = judgePaths(config, change);
  const denied = judged.find(({ rule }) => rule?.decide === 'deny')?.rule;
  if (denied) return { decide: 'deny', rule: describeRule(denied) };
  if (judged.length === 0) return { decide: 'allow' };
  const required = judged.map((asking) => requirementOf(config, asking));
  return askFor(
    config,
    required,
    judged.flatMap(({ rule }) => (rule === null ? [] : [timingOf(config, rule)])),
  );
}

/** Asks the people of all requirements, with the strictest of these times. */
export function askFor(
  config: Config,
  required: readonly Requirement[],
  timings: readonly ApprovalTiming[],
): Extract<AskVerdict, { decide: 'ask' }> {
  return { decide: 'ask', policy: { ...policyOf(config, mergeAlike(required)), ...strictest(timings) } };
}

/** Whether a change touches paths that `landing.protect` names. */
export function touchesProtected({ landing }: Config, { changed, target }: Omit<ChangedPaths, 'scope'>): boolean {
  const protection = readGlobs(landing.protect, target);
  return changed.some((path) => protection.possibly(path));
}

/** The changed paths that a rule denies. */
export function deniedPaths(config: Config, change: ChangedPaths): string[] {
  return judgePaths(config, change).flatMap(({ rule, paths }) => (rule?.decide === 'deny' ? paths : []));
}

/** The changed paths: first those that triggered a question, taking one of each reason in turn. */
export function askingFirst(config: Config, change: ChangedPaths): string[] {
  const lists = judgePaths(config, change).map(({ paths }) => paths);
  const longest = Math.max(0, ...lists.map(({ length }) => length));
  const inTurn = Array.from({ length: longest }, (_, i) => lists.flatMap((list) => list.slice(i, i + 1))).flat();
  return [...new Set([...inTurn, ...change.changed])];
}

/** Rules that ask or deny, in the order of the file, then the protection. */
function judgePaths(config: Config, change: ChangedPaths): Asking[] {
  const { scope, target } = change;
  const asked = new Map<PolicyRule, string[]>();
  const guarded: string[] = [];
  const protection = readGlobs(config.landing.protect, target);
  const scoped = readGlobs(scope ?? [], target);
  for (const { path, rules } of rulesByPath(config, change)) {
    const asking = rules.filter(({ decide }) => decide !== 'allow');
    for (const rule of asking) asked.set(rule, [...(asked.get(rule) ?? []), path]);
    if (asking.length === 0 && protection.possibly(path) && !scoped.names(path)) guarded.push(path);
  }
  const inOrder = config.policy.flatMap((rule) => {
    const paths = asked.get(rule);
    return paths === undefined ? [] : [{ rule, paths }];
  });
  return guarded.length === 0 ? inOrder : [...inOrder, { rule: null, paths: guarded }];
}

/** The rules that decide about something, allowing ones included. */
export function decidingRules(config: Config, action: PolicyRule['action'], change: ChangedPaths): PolicyRule[] {
  if (action === 'merge') return rulesByPath(config, change).flatMap(({ rules }) => rules);
  return config.policy.filter((rule) => rule.action === action).slice(0, 1);
}

/** For each path, the first rule that surely matches it, after those that might and ask or deny. */
function rulesByPath({ policy }: Config, { changed, target, facts = {} }: ChangedPaths) {
  const candidates = policy
    .filter(({ action }) => action === 'merge')
    .map((rule) => ({ rule, applies: appliesTo(rule, facts), globs: readGlobs(rule.paths, target) }))
    .filter(({ rule, applies }) => applies === true || (applies === 'perhaps' && rule.decide !== 'allow'));
  return changed.map((path) => {
    const about = candidates.filter(({ rule, globs }) => matches(rule, globs, path));
    const first = about.findIndex(
      ({ rule, globs, applies }) => applies === true && (rule.paths.length === 0 || globs.surely(path)),
    );
    const counting = first === -1 ? about : about.slice(0, first + 1);
    return { path, rules: counting.map(({ rule }) => rule) };
  });
}

/** Whether the conditions of a rule hold, whatever the paths. */
function appliesTo({ labels, over }: PolicyRule, facts: ChangeFacts): boolean | 'perhaps' {
  const ofLabels = labels === undefined || (facts.labels?.some((label) => labels.includes(label)) ?? 'perhaps');
  const ofSize = over === undefined || isOver(over, facts);
  if (ofLabels === false || ofSize === false) return false;
  return ofLabels === true && ofSize === true ? true : 'perhaps';
}

function isOver(limits: ChangeLimits, facts: ChangeFacts): boolean | 'perhaps' {
  const answers = (['lines', 'files', 'usd'] as const).flatMap((what) => {
    const [limit, value] = [limits[what], facts[what]];
    return limit === undefined ? [] : [value === undefined ? ('perhaps' as const) : value > limit];
  });
  if (answers.includes(true)) return true;
  return answers.includes('perhaps') ? 'perhaps' : false;
}

/** Guarding rules match where they might; allowing rules only where they surely do. */
function matches(rule: PolicyRule, globs: PathGlobs, path: string): boolean {
  if (rule.paths.length === 0) return true;
  return rule.decide === 'allow' ? globs.surely(path) : globs.possibly(path);
}

/**
 * Whether to ask people about more money, the network, an agent's question, or a conflict that it cannot resolve. Anybody may decide, unless a rule says
 * otherwise.
 */
export function judgeAsking(config: Config, action: 'budget' | 'question' | 'egress' | 'conflict'): AskVerdict {
  const rule = config.policy.find((each) => each.action === action);
  if (rule?.decide === 'deny') return { decide: 'deny', rule: describeRule(rule) };
  const timing = withUsual(action, rule === undefined ? {} : timingOf(config, rule));
  if (rule === undefined)
    return { decide: 'ask', policy: { rule: `${action}: asked by default`, by: [], allowed: null, ...timing } };
  if (rule.count === undefined && rule.requester === undefined)
    return { decide: 'ask', policy: { rule: describeRule(rule), ...groupsOf(config, rule), ...timing } };
  const { policy } = askFor(config, [requirementOf(config, { rule, paths: [] })], []);
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

/** In words, for people. */
export function describeRule(rule: PolicyRule): string {
  if (rule.action !== 'merge') return `${rule.action}: ${rule.decide}`;
  return `merge of ${rule.paths.length === 0 ? 'anything' : rule.paths.join(', ')}${conditionsOf(rule)}: ${rule.decide}`;
}

/** ` by a unit with the label x, over 500 lines or 5 USD`. */
function conditionsOf({ labels, over }: PolicyRule): string {
  const limits = Object.entries(over ?? {}).map(([what, limit]) => `${limit} ${what === 'usd' ? 'USD' : what}`);
  return [
    ...(labels === undefined ? [] : [` by a unit with the label ${labels.join(' or ')}`]),
    ...(limits.length === 0 ? [] : [` over ${limits.join(' or ')}`]),
  ].join(',');
}

/** Most paths to keep in a requirement. */
const pathsNamed = 5;

function requirementOf(config: Config, { rule, paths }: Asking): Requirement {
  const shown = { paths: paths.slice(0, pathsNamed), pathCount: paths.length };
  if (rule !== null) return { rule: describeRule(rule), ...groupsOf(config, rule), ...howMany(rule), ...shown };
  const [first = '', ...others] = paths;
  const what = others.length === 0 ? `${first} is protected` : `${first} and ${others.length} more are protected`;
  return { rule: what, by: [], allowed: null, guarded: true, ...shown };
}

function howMany({ count = 1, requester = true }: PolicyRule): Pick<Requirement, 'count' | 'notRequester'> {
  return { ...(count === 1 ? {} : { count }), ...(requester ? {} : { notRequester: true }) };
}

/** Rules that name the same people become one requirement: each of these people can answer all of it. */
function mergeAlike(requirements: readonly Requirement[]): Requirement[] {
  const merged = new Map<string, Requirement>();
  for (const each of requirements) {
    const key = JSON.stringify([each.by.toSorted(), each.count ?? 1, each.notRequester ?? false]);
    const known = merged.get(key);
    merged.set(
      key,
      known === undefined
        ? each
        : {
            ...known,
            rule: `${known.rule}; ${each.rule}`,
            ...(each.guarded === true ? { guarded: true as const } : {}),
            paths: [...new Set([...known.paths, ...each.paths])].slice(0, pathsNamed),
            pathCount: known.pathCount + each.pathCount,
          },
    );
  }
  return [...merged.values()];
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
