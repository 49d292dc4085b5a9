// Who the owners are that CODEOWNERS names: `owns` and `email` of the entries of `people`. A name stands for everybody
// of the entries that own it. An address stands for everybody of an entry only if that entry is one person, or has no
// other address; of a group with several, the address says no more than itself.

import { type People, type Person, codeownersGroup, togetherOf } from '../../contracts/people.ts';
import type { PlacedError } from '../yaml/placed-error.ts';
import type { YamlDocument } from '../yaml/document.ts';
import { recordOf } from '../values.ts';

/** The part of an entry of `people` that counts here, as it is written. */
interface Entry {
  readonly owns?: readonly string[] | undefined;
  readonly email?: readonly string[] | undefined;
}

interface Resolved {
  readonly people: Readonly<Record<string, People>>;
  readonly persons?: readonly Person[];
}

/** By `@name` or address, in lower case, as servers compare them. */
export function resolveOwners(
  entries: Readonly<Record<string, Entry>>,
  { people, persons = [] }: Resolved,
): Readonly<Record<string, People>> {
  const owners = new Map<string, People[]>();
  const add = (owner: string, ids: People): void => {
    const key = owner.toLowerCase();
    owners.set(key, [...(owners.get(key) ?? []), ids]);
  };
  const isPerson = new Set(persons.map(({ name }) => name));
  for (const [name, { owns = [], email = [] }] of Object.entries(entries)) {
    const all = people[name] ?? {};
    for (const owner of owns) add(owner, all);
    const isOne = isPerson.has(name) || email.length === 1;
    for (const address of email) add(address, isOne ? all : { email: [address] });
  }
  return Object.fromEntries([...owners].map(([owner, groups]) => [owner, togetherOf(groups)]));
}

/** The name of the owners must be nobody else's. */
export function reservedNames(value: unknown, document: YamlDocument): PlacedError[] {
  const people = recordOf(recordOf(value)['people']);
  if (people[codeownersGroup] === undefined) return [];
  const message = `people.${codeownersGroup} is a reserved name: in policy[].by it stands for the owners that CODEOWNERS names; call the group something else`;
  return [{ at: document.placeOfKey(['people', codeownersGroup]), message }];
}

/** Why `codeowners` cannot be named there; null = it can, or another name is meant. */
export function misplacedOwners(name: string, where: string): string | null {
  if (name !== codeownersGroup) return null;
  return `${where} names ${codeownersGroup}, which only policy[].by can`;
}
