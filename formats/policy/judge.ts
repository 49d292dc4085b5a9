// When a person must agree: the rules of coppice.yaml, applied to the paths that a unit changed. Runs where the change
// is known (the host that finished the unit) and where a run starts; workflows carry the verdict, and import types
// only.

import type { MergeVerdict } from '../../contracts/approval.ts';
import type { ChangeLimits, Config, PolicyRule } from '../../contracts/documents/config.ts';
import type { ChangeSize } from '../../contracts/change-size.ts';
import type { Review } from '../../contracts/review.ts';
import { type Asking, askBecause } from './asking.ts';
import { setupInputMatcher } from '../setup/inputs.ts';
import { codeownersPlaces } from '../codeowners/file.ts';
import type { OwnersOfPaths } from '../codeowners/parse.ts';
import { isAboutOwned, needsOwners } from './code-owners.ts';
import { describeRule } from './describe-rule.ts';
import { isLockFile } from '../../domain/queue/lock-files.ts';
import { type AmbiguousNames, type PathGlobs, readGlobs } from '../globs/path-globs.ts';

/**
 * The paths that a unit changed, and the target's names that affect how globs are read (`formats/globs/path-globs.ts`).
 */
export interface ChangedPaths {
  readonly changed: readonly string[];
  /** The unit's scope; null = anything. */
  readonly scope: readonly string[] | null;
  readonly target: AmbiguousNames;
  /** The target's, where a rule asks them (`needsOwners`); absent = they were not read, so nobody may decide for them. */
  readonly owners?: OwnersOfPaths;
  /** What rules may depend on besides. */
  readonly facts?: ChangeFacts;
  /** Made by a command of the target's rules out of what people have seen: lock files need nobody; absent = not. */
  readonly isMade?: true;
}

/** What is absent is not known: rules that guard apply then, and rules that allow do not. */
export interface ChangeFacts extends Omit<ChangeLimits, 'units'> {
  /** Of the unit. */
  readonly labels?: readonly string[];
  /** What a reviewer said of exactly these changes. */
  readonly review?: Review['verdict'];
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

/**
 * The verdict on a change. Each path is judged by the first rule that surely matches it, and by earlier rules that
 * possibly match and ask or deny. Over all paths, deny wins over ask over allow, and everybody who is asked must agree.
 * If a protected path, or a lock file where the configuration names people, is not named by the unit's scope, anybody must
 * agree, unless a rule asks about it. A rule that allows a lock file counts. Where no rule decides, anybody must agree to
 * what a reviewer wants changed.
 */
export function judgeMerge(config: Config, change: ChangedPaths): MergeVerdict {
  const judged = judgePaths(config, change);
  for (const { rule } of judged)
    if (typeof rule !== 'string' && rule.decide === 'deny') return { decide: 'deny', rule: describeRule(rule) };
  if (judged.length === 0) return { decide: 'allow' };
  return askBecause(config, judged, change.owners);
}

/** Whether a change touches paths that `landing.protect` names. */
export function touchesProtected(config: Config, { changed, target }: Omit<ChangedPaths, 'scope'>): boolean {
  const protection = readGlobs(protectedBy(config), target);
  return changed.some((path) => protection.possibly(path));
}

/** What says who decides is protected, whatever `landing.protect` names. */
function protectedBy(config: Config): readonly string[] {
  const { protect } = config.landing;
  return needsOwners(config.policy) ? [...protect, ...codeownersPlaces] : protect;
}

/** The changed paths that a rule denies. */
export function deniedPaths(config: Config, change: ChangedPaths): string[] {
  return judgePaths(config, change).flatMap(({ rule, paths }) =>
    typeof rule !== 'string' && rule.decide === 'deny' ? paths : [],
  );
}

/** The changed paths: first those that triggered a question, taking one of each reason in turn. */
export function askingFirst(config: Config, change: ChangedPaths): string[] {
  const lists = judgePaths(config, change).map(({ paths }) => paths);
  const longest = Math.max(0, ...lists.map(({ length }) => length));
  const inTurn = Array.from({ length: longest }, (_, i) => lists.flatMap((list) => list.slice(i, i + 1))).flat();
  return [...new Set([...inTurn, ...change.changed])];
}

/**
 * The paths of a change by what asks or denies: rules, in the order of the file, then the protection, lock files, and the
 * reviewer.
 */
export function judgePaths(config: Config, change: ChangedPaths): Asking[] {
  const { scope, target, isMade } = change;
  const asked = new Map<PolicyRule, string[]>();
  const [guarded, locks, disputed]: [string[], string[], string[]] = [[], [], []];
  const guardsLocks = isMade !== true && namesPeople(config);
  const protection = readGlobs(protectedBy(config), target);
  const scoped = readGlobs(scope ?? [], target);
  for (const { path, rules } of rulesByPath(config, change)) {
    const asking = rules.filter(({ decide }) => decide !== 'allow');
    for (const rule of asking) {
      const known = asked.get(rule);
      if (known === undefined) asked.set(rule, [path]);
      else known.push(path);
    }
    if (asking.length > 0) continue;
    if (rules.length === 0 && change.facts?.review === 'changes') disputed.push(path);
    if (scoped.names(path)) continue;
    if (protection.possibly(path)) guarded.push(path);
    else if (guardsLocks && rules.length === 0 && isLockFile(path)) locks.push(path);
  }
  const inOrder = config.policy.flatMap((rule) => {
    const paths = asked.get(rule);
    return paths === undefined ? [] : [{ rule, paths }];
  });
  return [
    ...inOrder,
    ...(guarded.length === 0 ? [] : [{ rule: 'protected', paths: guarded } as const]),
    ...(locks.length === 0 ? [] : [{ rule: 'lock-file', paths: locks } as const]),
    ...(disputed.length === 0 ? [] : [{ rule: 'review', paths: disputed } as const]),
  ];
}

/** Where a repository says who decides, what its dependencies become is among the things that they decide. */
function namesPeople({ policy, people, notify }: Config): boolean {
  return policy.length > 0 || Object.keys(people).length > 0 || Object.values(notify).some((place) => place !== null);
}

/** The rules that decide about a change, allowing ones included. */
export function mergeRules(config: Config, change: ChangedPaths): PolicyRule[] {
  return rulesByPath(config, change).flatMap(({ rules }) => rules);
}

/**
 * For each path, the first rule that surely matches it, after those that might and ask or deny. A rule that asks the owners
 * does not match what nobody owns.
 */
function rulesByPath({ policy, setup }: Config, { changed, target, owners, facts = {} }: ChangedPaths) {
  const isSetupInput = setupInputMatcher(setup?.inputs ?? []);
  const candidates = policy
    .filter(({ action }) => action === 'merge' || action === 'setup')
    .map((rule) => ({ rule, applies: appliesTo(rule, facts), globs: readGlobs(rule.paths, target) }))
    .filter(({ rule, applies }) => applies === true || (applies === 'perhaps' && rule.decide !== 'allow'));
  return changed.map((path) => {
    const about = candidates.filter(
      ({ rule, globs }) =>
        (rule.action !== 'setup' || isSetupInput(path)) &&
        matches(rule, globs, path) &&
        isAboutOwned(rule, path, owners),
    );
    const first = about.findIndex(
      ({ rule, globs, applies }) => applies === true && (rule.paths.length === 0 || globs.surely(path)),
    );
    const counting = first === -1 ? about : about.slice(0, first + 1);
    return { path, rules: counting.map(({ rule }) => rule) };
  });
}

/** Whether the conditions of a rule hold, whatever the paths. */
function appliesTo({ labels, over, unless }: PolicyRule, facts: ChangeFacts): boolean | 'perhaps' {
  // Only a question to people may be left out: what is denied stays denied, whatever wrote the rule.
  if (unless === 'reviewed' && facts.review === 'approve') return false;
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
