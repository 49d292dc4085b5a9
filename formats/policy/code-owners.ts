// Rules that ask the owners of code: `by: [codeowners]`. Each distinct set of owners that CODEOWNERS names for the
// changed paths must agree, one of them for all. Closed when in doubt: an owner that `people` does not know allows
// nobody, and nobody is known to own what cannot be read.

import type { Config, PolicyRule } from '../../contracts/documents/config.ts';
import type { OwnersOfPaths } from '../codeowners/parse.ts';
import { type People, codeownersGroup, isAnybodyIn, togetherOf } from '../../contracts/people.ts';
import { compareText } from '../../domain/text/compare.ts';
import { andMore } from '../../domain/text/shown-paths.ts';
import { describeRule } from './describe-rule.ts';

/** What a rule says when nobody has read CODEOWNERS for it. */
const unread: OwnersOfPaths = { problem: 'CODEOWNERS was not read' };

export function asksOwners({ by, decide }: PolicyRule): boolean {
  return decide === 'ask' && by.includes(codeownersGroup);
}

/** Whether CODEOWNERS must be read. */
export function needsOwners(policy: Config['policy']): boolean {
  return policy.some(asksOwners);
}

/** False if nobody owns the path, and the rule asks the owners alone: then the next rule counts. */
export function isAboutOwned(rule: PolicyRule, path: string, owners: OwnersOfPaths = unread): boolean {
  if (!asksOwners(rule) || othersOf(rule).length > 0 || owners.problem !== undefined) return true;
  return owners.claimsOn(path).length > 0;
}

/** Who decides about some of the paths of a rule, and why, in words. */
export interface OwnersAsked {
  readonly rule: string;
  /** The owners as CODEOWNERS names them, and the rule's other groups. */
  readonly by: readonly string[];
  readonly allowed: People;
  readonly count: number;
  readonly paths: readonly string[];
}

/** More sets of owners than one approval can name. */
const mostSets = 100;
const ownersShown = 5;
const linesShown = 3;

export function askOwners(
  config: Config,
  rule: PolicyRule,
  paths: readonly string[],
  owners: OwnersOfPaths = unread,
): OwnersAsked[] {
  const nobodys = (why: string, about: readonly string[]): OwnersAsked => ({
    ...askedOf(config, rule, []),
    rule: `${describeRule(rule)} the owners; ${why}${consequence(rule)}`,
    paths: about,
  });
  if (owners.problem !== undefined) return [nobodys(owners.problem, paths)];
  const sets = setsOf(owners.file, paths, owners);
  const readable = sets.readable.slice(0, mostSets).map((set) => askedOfSet(config, rule, owners.file, set));
  const more = sets.readable.slice(mostSets);
  return [
    ...readable,
    ...sets.unreadable.map(({ why, paths: about }) => nobodys(why, about)),
    ...(more.length === 0
      ? []
      : [
          nobodys(
            `more than ${mostSets} sets of owners would have to agree: split the change`,
            more.flatMap((set) => set.paths),
          ),
        ]),
    ...(sets.unowned.length === 0
      ? []
      : [{ ...askedOf(config, rule, []), rule: describeRule(rule), paths: sets.unowned }]),
  ];
}

interface OwnerSet {
  readonly owners: readonly string[];
  readonly count: number;
  readonly lines: Set<number>;
  readonly paths: string[];
}

interface Sets {
  readonly readable: readonly OwnerSet[];
  readonly unreadable: readonly { readonly why: string; readonly paths: readonly string[] }[];
  readonly unowned: readonly string[];
}

function setsOf(file: string, paths: readonly string[], owners: Extract<OwnersOfPaths, { file: string }>): Sets {
  const readable = new Map<string, OwnerSet>();
  const problems = new Map<number, { readonly why: string; readonly paths: string[] }>();
  const unowned: string[] = [];
  for (const path of paths) {
    const claims = owners.claimsOn(path);
    if (claims.length === 0) unowned.push(path);
    for (const { line, problem, count, owners: named } of claims) {
      if (problem !== null) {
        const known = problems.get(line) ?? { why: `line ${line} of ${file} cannot be read: ${problem}`, paths: [] };
        known.paths.push(path);
        problems.set(line, known);
        continue;
      }
      const distinct = [...new Map(named.map((owner) => [owner.toLowerCase(), owner]))];
      const key = JSON.stringify([count, ...distinct.map(([name]) => name).toSorted(compareText)]);
      const set = readable.get(key) ?? {
        owners: distinct.map(([, owner]) => owner),
        count,
        lines: new Set(),
        paths: [],
      };
      set.lines.add(line);
      set.paths.push(path);
      readable.set(key, set);
    }
  }
  return { readable: [...readable.values()], unreadable: unreadableOf([...problems.values()]), unowned };
}

/** All in one: none of them can be answered. */
function unreadableOf(problems: readonly { readonly why: string; readonly paths: readonly string[] }[]) {
  if (problems.length === 0) return [];
  const why = andMore(
    problems.map((each) => each.why),
    linesShown,
  );
  return [{ why, paths: [...new Set(problems.flatMap(({ paths }) => paths))] }];
}

function askedOfSet(config: Config, rule: PolicyRule, file: string, set: OwnerSet): OwnersAsked {
  const { owners, count, lines, paths } = set;
  const names = andMore(owners, ownersShown);
  const numbers = andMore([...lines].map(String), linesShown);
  const where = `line${lines.size === 1 ? '' : 's'} ${numbers} of ${file}`;
  const unknown = unknownOwners(config, owners);
  const why =
    unknown.length < owners.length
      ? `${describeRule(rule)} ${names} (${where})`
      : `${describeRule(rule)} the owners; \`people\` knows nobody who is ${names} (${where})${consequence(rule)}`;
  return {
    ...askedOf(config, rule, owners),
    rule: why,
    count: Math.max(count, rule.count ?? 1),
    paths,
  };
}

/** Those for whom nobody can agree. */
function unknownOwners(config: Config, owners: readonly string[]): readonly string[] {
  return owners.filter((owner) => !isAnybodyIn(peopleOf(config, owner)));
}

function askedOf(config: Config, rule: PolicyRule, owners: readonly string[]): Omit<OwnersAsked, 'rule' | 'paths'> {
  const others = othersOf(rule);
  const named = [...owners, ...others];
  return {
    by: named.length === 0 ? [codeownersGroup] : named,
    allowed: togetherOf([
      ...owners.map((owner) => peopleOf(config, owner)),
      ...others.flatMap((name) => config.people[name] ?? []),
    ]),
    count: rule.count ?? 1,
  };
}

function peopleOf({ owners = {} }: Config, owner: string): People {
  return owners[owner.toLowerCase()] ?? {};
}

function consequence(rule: PolicyRule): string {
  return othersOf(rule).length > 0 ? '' : ', so nobody may decide';
}

/** Groups of `people` that decide as well as the owners. */
function othersOf({ by }: PolicyRule): readonly string[] {
  return by.filter((name) => name !== codeownersGroup);
}
