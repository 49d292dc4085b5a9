// Approvals in Slack: an approval's card, its replacement after the decision, and a private line to one person.

import type { webApi } from '@slack/bolt';
import type { PostedCard } from '../../contracts/activities/people.ts';
import type { ApprovalCard } from '../../contracts/approval.ts';
import type { CardLinks } from './links.ts';
import type { Channel, ChannelParts } from '../medium.ts';
import { cardMetadataType, drawCard, reminderOf } from './card.ts';
import { slackLine } from '../../domain/text/inert.ts';
import { slackFailure } from './failure.ts';
import { type SlackSettings, slackClient } from './web-client.ts';

/** Less than the time limit of the activities that post, 30 s. */
const callTimeoutMs = 10_000;
/** How many of a channel's newest messages are searched for a card that may have been posted. */
const lookBack = 200;

/** Throws failures of the catalogue: `SlackUnavailable`, `SlackRefused`. */
export function slackChannel(settings: SlackSettings, { webUi }: ChannelParts = { webUi: null }): Channel {
  const slack = slackClient(settings, { timeoutMs: callTimeoutMs });
  const linksFor = (): CardLinks => ({ webUi, thread: null });
  return {
    post: (card, { mayBeThere }) =>
      named(async () => {
        const posted = mayBeThere ? await findCard(slack, card) : null;
        return posted ?? (await post(slack, card, linksFor()));
      }),
    update: (posted, card) =>
      named(async () => {
        const place = posted ?? (await findCard(slack, card));
        if (place === null) return;
        const { channel, ts } = place;
        await slack.chat.update({ channel, ts, ...messageOf(card, linksFor()) });
      }),
    remind: (posted, { view }) =>
      named(async () => {
        const { channel, ts } = posted;
        // In the thread of the card, and seen in the channel.
        await slack.chat.postMessage({ channel, thread_ts: ts, reply_broadcast: true, text: reminderOf(view) });
      }),
    reply: (posted, { user, text }) =>
      named(async () => {
        await slack.chat.postEphemeral({ channel: posted.channel, user, text: slackLine(text) });
      }),
  };
}

async function post(slack: webApi.WebClient, card: ApprovalCard, links: CardLinks): Promise<PostedCard> {
  const { channel, ts } = await slack.chat.postMessage({
    channel: card.channel,
    ...messageOf(card, links),
    metadata: { event_type: cardMetadataType, event_payload: { id: card.view.id } },
  });
  if (channel === undefined || ts === undefined) throw new Error('Slack answered without channel and ts');
  return { medium: 'slack', channel, ts };
}

async function findCard(slack: webApi.WebClient, { channel, view }: ApprovalCard): Promise<PostedCard | null> {
  const { messages = [] } = await slack.conversations.history({
    channel,
    limit: lookBack,
    include_all_metadata: true,
  });
  const found = messages.find(
    ({ metadata }) => metadata?.event_type === cardMetadataType && isAbout(metadata, view.id),
  );
  return found?.ts === undefined ? null : { medium: 'slack', channel, ts: found.ts };
}

/** Slack's types do not describe our payloads. */
function isAbout(metadata: { readonly event_payload?: object }, id: string): boolean {
  const { event_payload: payload } = metadata;
  return payload !== undefined && 'id' in payload && payload.id === id;
}

function messageOf({ view }: ApprovalCard, links: CardLinks) {
  const { text, blocks } = drawCard(view, links);
  // Our blocks have Slack's shapes; its types enumerate them.
  return { text, blocks: blocks as unknown as webApi.KnownBlock[], unfurl_links: false, unfurl_media: false };
}

async function named<Result>(call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    throw slackFailure(error);
  }
}
