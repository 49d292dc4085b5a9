// Messages to people, as activities. Safe to run twice: cards and reminders are searched for before they are posted again, redrawing
// changes nothing, and a private line may appear twice.

import { Context } from '@temporalio/activity';
import type { CardAddress } from '../../contracts/people.ts';
import type { Attempt, Channel } from '../../people/medium.ts';
import type { Channels } from '../../people/media.ts';
import { checkProof } from '../../people/proof.ts';
import type { PeopleActivities } from '../../contracts/activities/people.ts';

/** Media without a channel here are skipped: approvals can be decided on the command line. */
export function makePeopleActivities(channels: Channels, secret: string | null): PeopleActivities {
  const channelOf = ({ medium = 'slack' }: CardAddress): Channel => channels[medium] ?? noChannel;
  return {
    postCard: (card) => channelOf(card).post(card, thisAttempt()),
    settleCard: ({ posted, card }) => channelOf(card).update(posted, card),
    remindPeople: ({ posted, card }) => channelOf(posted).remind(posted, card, thisAttempt()),
    checkProof: ({ approval, decision }) => Promise.resolve(checkProof(secret, approval, decision)),
    tellPeople: ({ mayBeThere, ...telling }) =>
      channelOf(telling).tell({ ...telling, mayBeThere: mayBeThere || Context.current().info.attempt > 1 }),
    replyPrivately: ({ posted, reply }) => channelOf(posted).reply(posted, reply),
  };
}

/** The first one cannot have posted anything yet. */
function thisAttempt(): Attempt {
  const { attempt } = Context.current().info;
  return { mayBeThere: attempt > 1, attempt };
}

/** For a medium that is not configured: its approvals are decided on the command line. */
const noChannel: Channel = {
  post: () => Promise.resolve(null),
  update: () => Promise.resolve(),
  remind: () => Promise.resolve(),
  tell: () => Promise.resolve(null),
  reply: () => Promise.resolve(),
};
