// Groups in `notify.email.to` that no mail could reach. Accepts data whose shape may be wrong elsewhere, so that a user
// sees all errors together.

import type { PlacedError } from '../yaml/placed-error.ts';
import type { YamlDocument } from '../yaml/document.ts';
import { quote } from '../yaml/wording.ts';
import { recordOf } from '../values.ts';

export function unmailedGroups(value: unknown, document: YamlDocument): PlacedError[] {
  const people = recordOf(recordOf(value)['people']);
  const to = recordOf(recordOf(recordOf(value)['notify'])['email'])['to'];
  return listOf(to).flatMap((name, n) => {
    if (typeof name !== 'string' || !Object.hasOwn(people, name) || hasAddress(name, people, new Set())) return [];
    const message = `notify.email.to[${n}] names ${quote(name)}, who has no e-mail address: add \`email: […]\` to people.${name} or to one of its members`;
    return [{ at: document.place(['notify', 'email', 'to', n]), message }];
  });
}

/** Its own address, or one of its members'. */
function hasAddress(name: string, people: Readonly<Record<string, unknown>>, seen: Set<string>): boolean {
  if (seen.has(name)) return false;
  seen.add(name);
  const { email, members } = recordOf(people[name]);
  return (
    listOf(email).length > 0 ||
    listOf(members).some((member) => typeof member === 'string' && hasAddress(member, people, seen))
  );
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
