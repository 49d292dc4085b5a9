// A way to reach people: where approvals are posted and kept current. Each medium has a folder here, and code outside this
// folder uses only this contract.

import type { ApprovalCard, PrivateReply } from '../contracts/approval.ts';
import type { PostedCard } from '../contracts/activities/people.ts';

export interface Channel {
  /**
   * Posts a card; null when the channel is not configured. `mayBeThere`: an earlier post may have arrived although its
   * answer was lost, so the card is looked for first.
   */
  post(card: ApprovalCard, options: { readonly mayBeThere: boolean }): Promise<PostedCard | null>;
  /** Redraws the card. With `posted` null it searches for the card, and does nothing if there is none. */
  update(posted: PostedCard | null, card: ApprovalCard): Promise<void>;
  /** A line that only one person sees. It may come twice. */
  reply(posted: PostedCard, reply: PrivateReply): Promise<void>;
}

/** Used when no channel is configured: approvals are decided on the command line. */
export const noChannel: Channel = {
  post: () => Promise.resolve(null),
  update: () => Promise.resolve(),
  reply: () => Promise.resolve(),
};
