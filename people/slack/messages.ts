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
}

export async function postMarked(slack: webApi.WebClient, message: NewMessage): Promise<PostedCard> {
  const { channel, card, mark, thread } = message;
  const posted = await slack.chat.postMessage({
    channel,
    ...messageOf(card),
    metadata: { event_type: mark.type, event_payload: { id: mark.id } },
    ...(thread === undefined ? {} : { thread_ts: thread }),
  });
  if (posted.channel === undefined || posted.ts === undefined) throw new Error('Slack answered without channel and ts');
  return { medium: 'slack', channel: posted.channel, ts: posted.ts };
}

export function findMarked(messages: readonly Marked[], { type, id }: Mark, channel: string): PostedCard | null {
  const found = messages.find(({ metadata }) => metadata?.event_type === type && isAbout(metadata, id));
  return found?.ts === undefined ? null : { medium: 'slack', channel, ts: found.ts };
}

/** Slack's types do not describe our payloads. */
function isAbout({ event_payload: payload }: { readonly event_payload?: object }, id: string): boolean {
  return payload !== undefined && 'id' in payload && payload.id === id;
}

export function messageOf({ text, blocks }: Card) {
  // Our blocks have Slack's shapes; its types enumerate them.
  return { text, blocks: blocks as unknown as webApi.KnownBlock[], unfurl_links: false, unfurl_media: false };
}
