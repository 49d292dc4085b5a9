// Words to people in Slack: an approval's card, its replacement after the decision, and a private line to one person.
// Safe to run twice: a card is looked for before it is posted again; replacing it again changes nothing; a private line
// may come twice.

import { Context } from '@temporalio/activity';
import { webApi } from '@slack/bolt';
import type { ApprovalCard } from '../../domain/approval.ts';
import type { ControlActivities, PostedCard } from '../../domain/activity-contracts.ts';
import { cardMetadataType, drawCard } from '../../domain/slack-card.ts';
import { slackLine } from '../../domain/text/inert.ts';
import { slackFailure } from './slack-failure.ts';

export interface NotifierSettings {
  /** Null = Slack is not configured: nothing is posted. */
  readonly token: string | null;
  /** In place of Slack's own. */
  readonly apiUrl: string | null;
}

type Notifier = Pick<ControlActivities, 'postCard' | 'settleCard' | 'replyPrivately'>;

/** Below the activity's own 30 s. */
const callTimeoutMs = 10_000;
/** How many of a channel's newest messages are looked at for a card that may have been posted. */
const lookBack = 200;

export function makeNotifier({ token, apiUrl }: NotifierSettings): Notifier {
  if (token === null) {
    return {
      postCard: () => Promise.resolve(null),
      settleCard: () => Promise.resolve(),
      replyPrivately: () => Promise.resolve(),
    };
  }
  // Temporal owns retries.
  const slack = new webApi.WebClient(token, {
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: callTimeoutMs,
    logLevel: webApi.LogLevel.ERROR,
    ...(apiUrl === null ? {} : { slackApiUrl: apiUrl }),
  });
  return {
    postCard: (card) =>
      named(async () => {
        // The first attempt has posted nothing; a later one may come after a post whose answer was lost.
        const posted = Context.current().info.attempt > 1 ? await findCard(slack, card) : null;
        return posted ?? (await post(slack, card));
      }),
    settleCard: ({ posted, card }) =>
      named(async () => {
        const place = posted ?? (await findCard(slack, card));
        if (place !== null) await slack.chat.update({ ...place, ...messageOf(card) });
      }),
    replyPrivately: ({ posted, reply }) =>
      named(async () => {
        await slack.chat.postEphemeral({ channel: posted.channel, user: reply.user, text: slackLine(reply.text) });
      }),
  };
}

async function post(slack: webApi.WebClient, card: ApprovalCard): Promise<PostedCard> {
  const { channel, ts } = await slack.chat.postMessage({
    channel: card.channel,
    ...messageOf(card),
    metadata: { event_type: cardMetadataType, event_payload: { id: card.view.id } },
  });
  if (channel === undefined || ts === undefined) throw new Error('Slack answered without channel and ts');
  return { channel, ts };
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
  return found?.ts === undefined ? null : { channel, ts: found.ts };
}

/** Slack's types say nothing of what is in a payload of ours. */
function isAbout(metadata: { readonly event_payload?: object }, id: string): boolean {
  const { event_payload: payload } = metadata;
  return payload !== undefined && 'id' in payload && payload.id === id;
}

function messageOf({ view }: ApprovalCard) {
  const { text, blocks } = drawCard(view);
  // Our blocks are Slack's shapes; its types list them one by one.
  return { text, blocks: blocks as unknown as webApi.KnownBlock[], unfurl_links: false, unfurl_media: false };
}

async function named<Result>(call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    throw slackFailure(error);
  }
}
