// The thread of a run: its first message, found or posted, messages in it, and the first one kept up to date. Everything may be
// done twice: each message carries the id of what it says, and is searched for where it may be there already.

import type { webApi } from '@slack/bolt';
import type { PostedCard } from '../../contracts/people.ts';
import type { Telling } from '../../contracts/activities/people.ts';
import type { CardLinks } from './links.ts';
import type { Card } from './blocks.ts';
import { drawNotice, drawRun, noticeMetadataType, runMetadataType } from './notice.ts';
import { type Mark, findMarked, messageOf, postMarked } from './messages.ts';

/** A first message is posted within this time of the run's start, or not at all. */
const firstWithinMs = 2 * 60 * 60 * 1000;

export async function tellInThread(slack: webApi.WebClient, telling: Telling, links: CardLinks): Promise<PostedCard> {
  const { notice, channel, mayBeThere } = telling;
  const first = drawRun(notice, links);
  const known = telling.thread ?? (await findFirst(slack, telling));
  const root = known ?? (await postFirst(slack, telling, first));
  const said = drawNotice(notice);
  if (said !== null) await reply(slack, root, said, telling);
  const isNew = known === null || (notice.kind === 'run-started' && !mayBeThere);
  // Last, so that a try that failed before brings it up to date as well.
  if (!isNew) await slack.chat.update({ channel, ts: root.ts, ...messageOf(first) });
  return root;
}

async function findFirst(
  slack: webApi.WebClient,
  { notice, channel, mayBeThere }: Telling,
): Promise<PostedCard | null> {
  if (notice.kind === 'run-started' && !mayBeThere) return null;
  const until = new Date(Date.parse(notice.startedAt) + firstWithinMs).toISOString();
  return findMarked(slack, { channel, mark: markOfRun(notice.run), since: notice.startedAt, until });
}

function postFirst(slack: webApi.WebClient, { notice, channel }: Telling, card: Card): Promise<PostedCard> {
  return postMarked(slack, { channel, card, mark: markOfRun(notice.run) });
}

async function reply(
  slack: webApi.WebClient,
  { channel, ts }: PostedCard,
  card: Card,
  { notice, mayBeThere }: Telling,
): Promise<void> {
  const mark = { type: noticeMetadataType, id: notice.id };
  if (mayBeThere && (await findMarked(slack, { channel, mark, since: notice.at, thread: ts })) !== null) return;
  await postMarked(slack, { channel, card, mark, thread: ts });
}

export function markOfRun(run: string): Mark {
  return { type: runMetadataType, id: run };
}
