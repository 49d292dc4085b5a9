// Messages of ours in a channel: posted with a mark in their metadata, by which they are found again.

import type { webApi } from '@slack/bolt';
import type { PostedCard } from '../../contracts/people.ts';
import type { Card } from './blocks.ts';

/** Says what a message is about, to programs. */
export interface Mark {
  readonly type: string;
  readonly id: string;
}

interface Marked {
  readonly ts?: string;
  readonly metadata?: { readonly event_type?: string; readonly event_payload?: object };
}

interface NewMessage {
  readonly channel: string;
  readonly card: Card;
  readonly mark: Mark;
  /** The message that it answers. */
  readonly thread?: string;
  /** It is seen in the channel as well. */
  readonly broadcast?: true;
}

/** Where and since when a message may be. */
interface Search {
  readonly channel: string;
  readonly mark: Mark;
  /** ISO 8601; absent = among the newest. */
  readonly since?: string;
  readonly until?: string;
  /** How many pages are read at most, if fewer than usual. */
  readonly pages?: number;
  /** The message that it answers; absent = it is in the channel. */
  readonly thread?: string;
}

/** Clocks differ. */
const earlierSeconds = 5 * 60;
const perPage = 200;
/** 4,000 messages: more calls would take longer than there is time for. */
const mostPages = 20;

export async function postMarked(slack: webApi.WebClient, message: NewMessage): Promise<PostedCard> {
  const { channel, card, mark } = message;
  const posted = await slack.chat.postMessage({
    channel,
    ...messageOf(card),
    metadata: { event_type: mark.type, event_payload: { id: mark.id } },
    ...placeOf(message),
  });
  if (posted.channel === undefined || posted.ts === undefined) throw new Error('Slack answered without channel and ts');
  return { medium: 'slack', channel: posted.channel, ts: posted.ts };
}

function placeOf({ thread, broadcast }: NewMessage) {
  if (thread === undefined) return {};
  return broadcast === true ? { thread_ts: thread, reply_broadcast: true as const } : { thread_ts: thread };
}

/** Null = it is not there, as far back as is looked. */
export async function findMarked(slack: webApi.WebClient, search: Search): Promise<PostedCard | null> {
  const { channel, mark, since, until, thread, pages = mostPages } = search;
  const within = {
    channel,
    limit: perPage,
    ...(since === undefined ? {} : { oldest: String(Date.parse(since) / 1000 - earlierSeconds) }),
    ...(until === undefined ? {} : { latest: String(Date.parse(until) / 1000) }),
    include_all_metadata: true,
  };
  let next: { cursor?: string } = {};
  for (let page = 0; page < pages; page++) {
    const { messages = [], response_metadata: more } =
      thread === undefined
        ? await slack.conversations.history({ ...within, ...next })
        : await slack.conversations.replies({ ...within, ...next, ts: thread });
    const found = messages.find((message) => hasMark(message, mark));
    if (found?.ts !== undefined) return { medium: 'slack', channel, ts: found.ts };
    if (!more?.next_cursor) return null;
    next = { cursor: more.next_cursor };
  }
  return null;
}

function hasMark({ metadata }: Marked, { type, id }: Mark): boolean {
  return metadata?.event_type === type && isAbout(metadata, id);
}

/** Slack's types do not describe our payloads. */
function isAbout({ event_payload: payload }: { readonly event_payload?: object }, id: string): boolean {
  return payload !== undefined && 'id' in payload && payload.id === id;
}

export function messageOf({ text, blocks }: Card) {
  const plain = { text, unfurl_links: false, unfurl_media: false };
  // Our blocks have Slack's shapes; its types enumerate them.
  return blocks.length === 0 ? plain : { ...plain, blocks: blocks as unknown as webApi.KnownBlock[] };
}
