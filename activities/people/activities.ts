// Messages to people, as activities. Safe to run twice: a card is looked for before it is posted again, drawing it again
// changes nothing, and a private line may come twice.

import { Context } from '@temporalio/activity';
import { type Channel, noChannel } from '../../people/channel.ts';
import type { CardAddress, Medium } from '../../contracts/people.ts';
import type { PeopleActivities } from '../../contracts/activities/people.ts';

/** Media without a channel here are passed over: approvals can be decided on the command line. */
export function makePeopleActivities(channels: Partial<Record<Medium, Channel>>): PeopleActivities {
  const channelOf = ({ medium = 'slack' }: CardAddress): Channel => channels[medium] ?? noChannel;
  return {
    // The first attempt has posted nothing.
    postCard: (card) => channelOf(card).post(card, { mayBeThere: Context.current().info.attempt > 1 }),
    settleCard: ({ posted, card }) => channelOf(card).update(posted, card),
    replyPrivately: ({ posted, reply }) => channelOf(posted).reply(posted, reply),
  };
}
