// Rules of coppice.yaml that those whom they ask could never answer. Accepts data whose shape may be wrong elsewhere, so that
// a user sees all errors together; what names an unknown group is judged elsewhere.

import type { PlacedError } from '../yaml/placed-error.ts';
import type { YamlDocument } from '../yaml/document.ts';
import { type ListName, type People, codeownersGroup, eachList, listNames } from '../../contracts/people.ts';
import { isUserGroup } from '../../domain/approval/user-groups.ts';
import { keyOf } from '../../domain/approval/persons.ts';
import { quote } from '../yaml/wording.ts';
import { recordOf } from '../values.ts';

/** Who is in the groups that a field of a rule names. */
interface Named {
  readonly names: readonly string[];
  readonly ids: Readonly<Record<ListName, readonly string[]>>;
  /** Whether the owners of code are among them, or a user group: nobody knows here who and how many that is. */
  readonly isUncounted: boolean;
}

export function unanswerableRules(value: unknown, document: YamlDocument): PlacedError[] {
  const entries = recordOf(recordOf(value)['people']);
  const idsOf = resolver(entries);
  const isKnown = (name: string): boolean => Object.hasOwn(entries, name);
  const personOf = personIndex(entries, idsOf);
  return listOf(recordOf(value)['policy']).flatMap((each, index) => {
    const rule = recordOf(each);
    if (rule['decide'] !== 'ask') return [];
    const isCritical = rule['tier'] === 'critical';
    const fields = [
      { path: ['by'], named: namedBy(rule['by'], idsOf, isKnown) },
      { path: ['escalate', 'to'], named: namedBy(recordOf(rule['escalate'])['to'], idsOf, isKnown) },
    ] as const;
    const unreachable = fields.flatMap(({ path, named }) => {
      const why = named === null ? null : explainUnreachable(named, isCritical);
      if (why === null) return [];
      return [{ at: document.place(['policy', index, ...path]), message: `policy[${index}].${path.join('.')} ${why}` }];
    });
    if (unreachable.length > 0) return unreachable;
    const [by, later] = fields.map(({ named }) => named);
    const why = explainCount(rule['count'], [by, later], { isCritical, personOf });
    return why === null
      ? []
      : [{ at: document.place(['policy', index, 'count']), message: `policy[${index}].count ${why}` }];
  });
}

function explainUnreachable({ names, ids, isUncounted }: Named, isCritical: boolean): string | null {
  if (isUncounted || ids.slack.length > 0 || ids.users.length > 0) return null;
  const groups = names.map(quote).join(' and ');
  const first = names[0] ?? '';
  if (ids.email.length === 0)
    return `names ${groups}, where nobody is: add slack, users, email or members to people.${first}`;
  if (!isCritical) return null;
  return `names ${groups}, who decide by e-mail only, and a critical decision never comes by e-mail: add slack or users to people.${first}, or remove \`tier\``;
}

/** Those who may decide later count, too: then the rule can be answered in time. */
function explainCount(
  count: unknown,
  [by, later]: readonly (Named | null | undefined)[],
  { isCritical, personOf }: { readonly isCritical: boolean; readonly personOf: PersonOf },
): string | null {
  if (typeof count !== 'number' || count < 2 || by === null || by === undefined) return null;
  const all = [by, ...(later === null || later === undefined ? [] : [later])];
  if (all.some(({ isUncounted }) => isUncounted)) return null;
  const lists = isCritical ? (['slack', 'users'] as const) : listNames;
  const there = countAtMost(
    lists.map((list) => ({ list, ids: all.flatMap(({ ids }) => ids[list]) })),
    personOf,
    count,
  );
  if (count <= there) return null;
  const who = [...new Set(all.flatMap(({ names }) => names))].map(quote).join(' and ');
  const are = there === 1 ? 'is at most 1' : `are at most ${there}`;
  const how = isCritical ? ' who may decide other than by e-mail' : '';
  return `wants ${count} different people, and there ${are} in ${who}${how}: add people, or lower it`;
}

/** As they would be counted if all of them agreed (domain/approval/persons.ts). */
function countAtMost(
  lists: readonly { readonly list: ListName; readonly ids: readonly string[] }[],
  personOf: PersonOf,
  enough: number,
): number {
  const known = new Set<string>();
  const unknown = lists.map(({ list, ids }) => {
    const others = new Set<string>();
    for (const id of ids) {
      const person = personOf(list, id);
      if (person === undefined) others.add(keyOf(list, id));
      else known.add(person);
      // Large groups need not be counted to their end for each rule.
      if (known.size + others.size >= enough) return enough;
    }
    return others.size;
  });
  return known.size + Math.max(0, ...unknown);
}

type IdsOf = (name: string) => Named['ids'];
type PersonOf = (list: ListName, id: string) => string | undefined;

/** Null = the field names nobody, or somebody who is not known. */
function namedBy(field: unknown, idsOf: IdsOf, isKnown: (name: string) => boolean): Named | null {
  const names = listOf(field).filter((name) => typeof name === 'string');
  if (names.length === 0 || !names.every((name) => name === codeownersGroup || isKnown(name))) return null;
  const groups = names.filter((name) => name !== codeownersGroup).map(idsOf);
  const [only, ...others] = groups;
  const ids =
    only !== undefined && others.length === 0 ? only : eachList((list) => groups.flatMap((group) => group[list]));
  return { names, ids, isUncounted: names.includes(codeownersGroup) || ids.slack.some(isUserGroup) };
}

/** The ids of an entry and of its members. */
function resolver(entries: Readonly<Record<string, unknown>>): IdsOf {
  const known = new Map<string, Named['ids']>();
  return (name) => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const seen = new Set([name]);
    for (const each of seen)
      for (const member of listOf(recordOf(entries[each])['members'])) if (typeof member === 'string') seen.add(member);
    const ids = eachList((list) =>
      [...seen].flatMap((each) => listOf(recordOf(entries[each])[list]).filter((id) => typeof id === 'string')),
    );
    known.set(name, ids);
    return ids;
  };
}

/** Whose an id is, by the entries that are one person. */
function personIndex(entries: Readonly<Record<string, unknown>>, idsOf: IdsOf): PersonOf {
  const index = new Map<string, string>();
  const key = (list: ListName, id: string): string => `${list} ${keyOf(list, id)}`;
  for (const [name, entry] of Object.entries(entries)) {
    if (recordOf(entry)['person'] !== true) continue;
    const ids: People = idsOf(name);
    for (const list of listNames)
      for (const id of ids[list] ?? []) if (!index.has(key(list, id))) index.set(key(list, id), name);
  }
  return (list, id) => index.get(key(list, id));
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
