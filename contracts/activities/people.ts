// The activities that speak to people. They run on the task queue `coppice-workflows`: they need Slack, and no disk.

import type { ApprovalCard, PrivateReply } from '../approval.ts';
import type { CardAddress } from '../people.ts';

export interface PeopleActivities {
  /** Posts the card once, however often it is called; null when Slack is not configured. */
  postCard(card: ApprovalCard): Promise<PostedCard | null>;
  /** Replaces the card by who, what and when; `posted` null = looks for it, and does nothing where there is none. */
  settleCard(input: { posted: PostedCard | null; card: ApprovalCard }): Promise<void>;
  /** A private line to one person about a decision that did not count. */
  replyPrivately(input: { posted: PostedCard; reply: PrivateReply }): Promise<void>;
}

export interface PostedCard extends CardAddress {
  readonly ts: string;
}
