// Who is who: a person may decide by Slack, by e-mail and on the command line, under another id each. Configuration may say
// which ids are one person's (`people`, `person: true`). Where it does not, ids of different media may be one person's. Pure.

import type { DecisionMaker } from '../../contracts/approval.ts';
import { type ListName, type Medium, type Person, listOfMedium } from '../../contracts/people.ts';

export type Decider = Pick<DecisionMaker, 'channel' | 'id' | 'groups'>;

/**
 * The same for all spellings of one person's id: of addresses and of names on the command line, case tells nobody from
 * somebody else. Slack has one spelling of each id.
 */
export function keyOf(list: ListName, id: string): string {
  return list === 'slack' ? id : id.toLowerCase();
}

/** How many different people these are at least. */
export function countPeople(deciders: readonly Decider[], persons: readonly Person[]): number {
  const known = new Set<string>();
  const unknown = new Map<Medium, Set<string>>();
  for (const { channel, id } of deciders) {
    const person = personOf({ channel, id }, persons);
    if (person !== undefined) known.add(person.name);
    else unknown.set(channel, (unknown.get(channel) ?? new Set()).add(keyOf(listOfMedium[channel], id)));
  }
  return known.size + Math.max(0, ...[...unknown.values()].map(({ size }) => size));
}

/**
 * Whether somebody is the one who asked for the run, named as on the command line. Unknown: they decide elsewhere, and
 * configuration says neither who they are nor who the requester is there.
 */
export function isRequester(by: Decider, requestedBy: string, persons: readonly Person[]): 'yes' | 'no' | 'unknown' {
  if (by.channel === 'cli' && keyOf('users', by.id) === keyOf('users', requestedBy)) return 'yes';
  const [person, requester] = [personOf(by, persons), personOf({ channel: 'cli', id: requestedBy }, persons)];
  if (person !== undefined && requester !== undefined) return person.name === requester.name ? 'yes' : 'no';
  // On the command line, everybody has one name.
  if (by.channel === 'cli') return 'no';
  const isKnownThere = requester !== undefined && (requester[listOfMedium[by.channel]] ?? []).length > 0;
  return isKnownThere || isNamedOnCommandLine(person) ? 'no' : 'unknown';
}

/** A person who is known under another name there. */
function isNamedOnCommandLine(person: Person | undefined): boolean {
  return (person?.users ?? []).length > 0;
}

function personOf({ channel, id }: Decider, persons: readonly Person[]): Person | undefined {
  const list = listOfMedium[channel];
  const key = keyOf(list, id);
  return persons.find((person) => person[list]?.some((each) => keyOf(list, each) === key));
}
