// The media through which people are asked and answer. To add a medium, start with a row here.

import { type Topic, topics } from './topics.ts';

/** For each medium, the list in a group of coppice.yaml that names who decides there. */
export const listOfMedium = { slack: 'slack', cli: 'users', email: 'email' } as const;

export type Medium = keyof typeof listOfMedium;
export type ListName = (typeof listOfMedium)[Medium];

export const media = Object.keys(listOfMedium) as readonly Medium[];
export const listNames: readonly ListName[] = Object.values(listOfMedium);

/**
 * People, by where they decide: Slack user ids, e-mail addresses, and names as `COPPICE_USER` gives them. What was recorded
 * before a medium existed lacks its list.
 */
export type People = Readonly<Partial<Record<ListName, readonly string[]>>>;

/** In `by` of a rule: whoever CODEOWNERS names for a path. No group of people has this name. */
export const codeownersGroup = 'codeowners';

/** One human being, with every id by which they decide. */
export interface Person extends People {
  readonly name: string;
}

/** One value for each of the lists. */
export function eachList<Value>(valueOf: (list: ListName) => Value): Record<ListName, Value> {
  const lists = listNames.map((list) => [list, valueOf(list)] as const);
  return Object.fromEntries(lists) as Record<ListName, Value>;
}

/**
 * Where cards go: a medium, and its own name for the place: a Slack channel's id; an e-mail address. In the settings of
 * a run, e-mail names the addresses that are asked where anybody may decide (domain/approval/by-mail.ts).
 */
export interface ChannelAddress {
  readonly medium: Medium;
  readonly channel: string;
}

/** What was mailed stays as it is: there is no card to redraw. */
export function canRedraw({ medium }: ChannelAddress): boolean {
  return medium !== 'email';
}

/** A channel's address in stored and sent cards; no medium = Slack. */
export interface CardAddress {
  readonly medium?: Medium;
  readonly channel: string;
}

/** A card that was posted; `ts` is the medium's own name for it. */
export interface PostedCard extends CardAddress {
  readonly ts: string;
}

/** A channel in which runs are told of. */
export interface NoticeChannel extends ChannelAddress {
  readonly tell: readonly Topic[];
}

/** A channel in a configuration, for each medium; without `tell`, it is told what is usual there. */
export type Notify = Readonly<
  Partial<Record<Medium, { readonly channel: string; readonly tell?: readonly Topic[] } | null>>
>;

/** The channels that a configuration names for approvals. */
export function channelsIn(notify: Notify): readonly ChannelAddress[] {
  return placesIn(notify).flatMap(({ medium, channel, tell }) =>
    tell.includes('approvals') ? [{ medium, channel }] : [],
  );
}

/** All channels that it names, and what each is told; by e-mail, each person is a channel. */
export function noticeChannelsIn(notify: Notify): readonly NoticeChannel[] {
  return placesIn(notify).flatMap((place) =>
    place.medium === 'email'
      ? place.channel.split(', ').flatMap((channel) => (channel === '' ? [] : [{ ...place, channel }]))
      : [place],
  );
}

/** What a medium is told where the configuration does not say: by e-mail, nothing that happens many times in a run. */
const usualTopics: Readonly<Record<Medium, readonly Topic[]>> = {
  slack: topics,
  cli: topics,
  email: ['approvals', 'end', 'host-full', 'credential'],
};

function placesIn(notify: Notify): readonly NoticeChannel[] {
  return media.flatMap((medium): NoticeChannel[] => {
    const place = notify[medium] ?? null;
    return place === null ? [] : [{ medium, channel: place.channel, tell: place.tell ?? usualTopics[medium] }];
  });
}

/** The channels in a workflow's input. Recorded inputs may name a Slack channel alone. */
export interface CardChannels {
  readonly channels?: readonly ChannelAddress[];
  readonly slackChannel?: string | null;
}

export function channelsOf({ channels, slackChannel = null }: CardChannels): readonly ChannelAddress[] {
  return channels ?? (slackChannel === null ? [] : [{ medium: 'slack', channel: slackChannel }]);
}

export function isAnybodyIn(people: People): boolean {
  return listNames.some((list) => (people[list] ?? []).length > 0);
}

/** All people of several groups. */
export function togetherOf(groups: readonly People[]): People {
  return eachList((list) => [...new Set(groups.flatMap((group) => group[list] ?? []))]);
}
