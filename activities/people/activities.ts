// Messages to people, as activities. Safe to run twice: a card is looked for before it is posted again, drawing it again
// changes nothing, and a private line may come twice.

import { Context } from '@temporalio/activity';
import type { Channel } from '../../people/channel.ts';
import type { PeopleActivities } from '../../contracts/activities/people.ts';

export function makePeopleActivities(channel: Channel): PeopleActivities {
  return {
    // The first attempt has posted nothing.
    postCard: (card) => channel.post(card, { mayBeThere: Context.current().info.attempt > 1 }),
    settleCard: ({ posted, card }) => channel.update(posted, card),
    replyPrivately: ({ posted, reply }) => channel.reply(posted, reply),
  };
}
