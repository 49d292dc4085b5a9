// The media in coppice.yaml: who decides in each of them, and where questions are posted.

import { z } from 'zod';
import type { Config } from '../../contracts/documents/config.ts';
import { type ListName, type Medium, type People, type Person, eachList } from '../../contracts/people.ts';
import { isMailAddress } from '../../domain/text/mail-address.ts';
import { isSlackUser, isUserGroup } from '../../domain/approval/user-groups.ts';
import { keyOf } from '../../domain/approval/persons.ts';
import { line } from '../yaml/fields.ts';
import { mailChannel } from '../../domain/approval/by-mail.ts';
import { type Topic, topics } from '../../contracts/topics.ts';
import { ownerPatterns } from '../codeowners/parse.ts';

const names = z.array(line(200)).optional();
const mailAddresses = z
  .array(line(200).refine(isMailAddress, 'must be an e-mail address and nothing else, such as dana@example.com'))
  .optional();
const slackPeople = z
  .array(
    line(200).refine(
      (id) => isSlackUser(id) || isUserGroup(id),
      'must be the id of a person in Slack, such as U024BE7LH (profile, More, Copy member ID), or of a user group, such as S0614TZR7 (More, Copy group ID); a name is none',
    ),
  )
  .optional();
const slackChannel = line(100).regex(
  /^[CGD][A-Z0-9]{1,20}$/,
  'must be the id of a channel in Slack, such as C024BE91L: it is at the end of View channel details; a name is none, since cards are found and updated by the id',
);
const lists = {
  slack: slackPeople.meta({
    description:
      'Ids of people in Slack (`U…` or `W…`), and of user groups (`S…`), whose members at that time may decide.',
    examples: [['U024BE7LH', 'S0614TZR7']],
  }),
  users: names.meta({
    description:
      'Names, as in `COPPICE_USER` on the command line, spelled alike; those that differ only in case count as one person.',
    examples: [['dana']],
  }),
  email: mailAddresses.meta({
    description:
      'E-mail addresses, each of one person: mails carry a personal link. Addresses that differ only in case are one.',
    examples: [['dana@example.com']],
  }),
} satisfies Record<ListName, z.ZodType>;

export const group = z.strictObject({
  ...lists,
  members: names.meta({
    description: 'Names of other entries of `people`, who belong to this one, too.',
    examples: [['dana', 'kim']],
  }),
  owns: z
    .array(
      line(200).regex(
        ownerPatterns.name,
        'must be @name or @organization/team, as CODEOWNERS names owners; an address belongs into email',
      ),
    )
    .optional()
    .meta({
      description:
        'Owners in CODEOWNERS that are these people, for rules with `by: [codeowners]`. An owner that CODEOWNERS names by e-mail address is found by `email`.',
      examples: [['@dana', '@acme/payments']],
    }),
  person: z.boolean().optional().meta({
    description:
      'Whether all ids of this entry are one person’s. It matters where several people must agree (`policy[].count`), or not the requester.',
  }),
});

const tell = z.array(z.enum(topics)).exactOptional();
const examples = [['approvals', 'failures', 'end']];

const channels = {
  slack: z
    .strictObject({
      channel: slackChannel.meta({
        description: 'The channel’s id (`C…`), not its name. Required.',
        examples: ['C024BE91L'],
      }),
      tell: tell.meta({
        description:
          'What is said there: `approvals` are the questions that people decide; everything else comes in one thread for each run. Default: all of it.',
        examples,
      }),
    })
    .optional()
    .meta({ description: 'A Slack channel for approvals, and for what happens in runs.' }),
  email: z
    .strictObject({
      to: z
        .array(line(200))
        .min(1, 'must not be an empty list: name groups of people, or leave email out')
        .meta({
          description:
            'Groups of `people` who are asked where anybody may decide. Required. Otherwise those are asked who may decide.',
          examples: [['maintainers']],
        }),
      tell: tell.meta({
        description:
          'What mails are about: `approvals` are the questions that people decide; what happens in runs goes to the groups of `to`. Default: approvals, end, host-full and credential.',
        examples,
      }),
    })
    .optional()
    .meta({ description: 'Approvals by e-mail, and how runs end.' }),
} satisfies Partial<Record<Medium, z.ZodType>>;

export const notify = z
  .strictObject(channels)
  .meta({ description: 'Where questions to people go.', examples: [{ slack: { channel: 'C024BE91L' } }] });

/** Where questions go, as configuration has it. `people`: each group with its members. */
export function resolveNotify(
  { slack, email }: z.output<typeof notify>,
  people: Readonly<Record<string, People>>,
): Config['notify'] {
  const addresses = email?.to.flatMap((name) => people[name]?.email ?? []) ?? [];
  return {
    slack: slack ?? null,
    ...(email === undefined ? {} : { email: { channel: mailChannel([...new Set(addresses)]), ...toldOf(email) } }),
  };
}

function toldOf({ tell: told }: { readonly tell?: readonly Topic[] }) {
  return told === undefined ? {} : { tell: told };
}

/** An entry of `people`, as it is written. */
type Entry = z.output<typeof group>;

/** The entries with one spelling of each address, the first: servers deliver `Dana@…` and `dana@…` to one person. */
export function withOneSpelling(entries: Readonly<Record<string, Entry>>): Readonly<Record<string, Entry>> {
  const spellings = new Map<string, string>();
  const first = (address: string): string => {
    const key = keyOf('email', address);
    const known = spellings.get(key) ?? address;
    spellings.set(key, known);
    return known;
  };
  return Object.fromEntries(
    Object.entries(entries).map(([name, entry]) => {
      const { email } = entry;
      return [name, email === undefined ? entry : { ...entry, email: [...new Set(email.map(first))] }];
    }),
  );
}

/** The people of each entry, those of its members included, and the entries that are one person. */
export function resolvePeople(entries: Readonly<Record<string, Entry>>): {
  readonly people: Readonly<Record<string, People>>;
  readonly persons?: readonly Person[];
} {
  const resolve = (name: string): readonly Entry[] => {
    const entry = entries[name];
    return entry === undefined ? [] : [entry, ...(entry.members ?? []).flatMap(resolve)];
  };
  const people = Object.keys(entries).map((name): readonly [string, People] => {
    const all = resolve(name);
    return [name, eachList((list) => [...new Set(all.flatMap((each) => each[list] ?? []))])];
  });
  const persons = people.flatMap(([name, ids]) => (entries[name]?.person === true ? [{ name, ...ids }] : []));
  return { people: Object.fromEntries(people), ...(persons.length === 0 ? {} : { persons }) };
}

/** The way from an entry through members back to it; null = there is none. */
export function circleOf(name: string, membersOf: (name: string) => readonly unknown[]): readonly string[] | null {
  const seen = new Set<string>();
  const search = (path: readonly string[]): readonly string[] | null => {
    for (const member of membersOf(path.at(-1) ?? '')) {
      if (typeof member !== 'string') continue;
      if (member === name) return [...path, member];
      if (seen.has(member)) continue;
      seen.add(member);
      const found = search([...path, member]);
      if (found !== null) return found;
    }
    return null;
  };
  return search([name]);
}
