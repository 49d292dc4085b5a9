// The media through which people are asked and answer. To add a medium, start with a row here.

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

/** Where cards go: a medium, and its own name for the place (a Slack channel's id). */
export interface ChannelAddress {
  readonly medium: Medium;
  readonly channel: string;
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

/** The channels that a configuration names. */
export function channelsIn(notify: Readonly<Partial<Record<Medium, { readonly channel: string } | null>>>) {
  return media.flatMap((medium): ChannelAddress[] => {
    const place = notify[medium] ?? null;
    return place === null ? [] : [{ medium, ...place }];
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

/** All people of several groups. */
export function togetherOf(groups: readonly People[]): People {
  return eachList((list) => [...new Set(groups.flatMap((group) => group[list] ?? []))]);
}
