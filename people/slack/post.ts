// Approvals and runs in Slack: an approval's card, its replacement after the decision, a private line to one person, and the
// thread of a run.

import type { webApi } from '@slack/bolt';
import type { PostedCard } from '../../contracts/people.ts';
import type { ApprovalCard } from '../../contracts/approval.ts';
import type { Card } from './blocks.ts';
import type { Channel, ChannelParts } from '../medium.ts';
import { cardFailure } from './failure.ts';
import { ThreadLinks } from './thread-links.ts';
import { cardMetadataType, drawCard, reminderMetadataType, reminderOf } from './card.ts';
import { findMarked, messageOf, postMarked } from './messages.ts';
import { slackLine } from '../../domain/text/inert.ts';
import { type Pace, paceOf } from './pace.ts';
import { type SlackSettings, slackClient } from './web-client.ts';
import { tellInThread } from './run-thread.ts';

/** Less than the time limit of the activities that post, 30 s. */
const callTimeoutMs = 10_000;

interface Posting {
  readonly pace?: Pace;
  readonly timeoutMs?: number;
}

/** Throws failures of the catalogue: `SlackUnavailable`, `SlackRefused`. */
export function slackChannel(
  settings: SlackSettings,
  { webUi }: ChannelParts = { webUi: null },
  { pace = paceOf(settings), timeoutMs = callTimeoutMs }: Posting = {},
): Channel {
  const slack = slackClient(settings, { timeoutMs });
  const threads = new ThreadLinks(slack);
  const draw = async ({ view, channel }: ApprovalCard): Promise<Card> =>
    drawCard(view, { webUi, thread: await threads.of(channel, view.run) });
  return {
    post: (card, { mayBeThere, attempt }) =>
      pace.post(
        card.channel,
        card.view.id,
        async (sentAway) => {
          // If all attempts before were sent away here, it cannot be there.
          const posted = mayBeThere && sentAway < attempt - 1 ? await findCard(slack, card) : null;
          if (posted !== null) return posted;
          const mark = { type: cardMetadataType, id: card.view.id };
          return await postMarked(slack, { channel: card.channel, card: await draw(card), mark });
        },
        cardFailure,
      ),
    update: (posted, card) =>
      pace.call(async () => {
        const place = posted ?? (await findCard(slack, card));
        if (place === null) return;
        const { channel, ts } = place;
        await slack.chat.update({ channel, ts, ...messageOf(await draw(card)) });
      }),
    remind: ({ channel, ts }, { view }, { mayBeThere, attempt }) => {
      const mark = { type: reminderMetadataType, id: `${ts}:${view.reminders ?? 0}:${view.escalatedAt ?? ''}` };
      return pace.post(channel, mark.id, async (sentAway) => {
        const search = { channel, mark, since: view.since, thread: ts };
        if (mayBeThere && sentAway < attempt - 1 && (await findMarked(slack, search)) !== null) return;
        // In the thread of the card, and seen in the channel.
        const card = { text: reminderOf(view), blocks: [] };
        await postMarked(slack, { channel, card, mark, thread: ts, broadcast: true });
      });
    },
    tell: (telling) =>
      pace.post(telling.channel, telling.notice.id, async () => {
        const root = await tellInThread(slack, telling, { webUi, thread: null });
        threads.learn(telling.notice.run, root.ts);
        return root;
      }),
    reply: (posted, { user, text }) =>
      pace.call(async () => {
        await slack.chat.postEphemeral({ channel: posted.channel, user, text: slackLine(text) });
      }),
  };
}

function findCard(slack: webApi.WebClient, { channel, view }: ApprovalCard): Promise<PostedCard | null> {
  return findMarked(slack, { channel, mark: { type: cardMetadataType, id: view.id }, since: view.since });
}
