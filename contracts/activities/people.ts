// The activities that talk to people. They run on the task queue `coppice-workflows`: they need Slack, and no disk.

import type { ApprovalCard, Decision, PrivateReply, Proof } from '../approval.ts';
import type { PostedCard } from '../people.ts';

export interface PeopleActivities {
  /** Posts the card once, however often it is called; null when Slack is not configured. */
  postCard(card: ApprovalCard): Promise<PostedCard | null>;
  /**
   * Replaces the card with who decided what and when. If `posted` is null, looks for the card; if there is none, does
   * nothing.
   */
  settleCard(input: { posted: PostedCard | null; card: ApprovalCard }): Promise<void>;
  /** Tells the channel again that this decision waits, under its card. It may appear twice. */
  remindPeople(input: { posted: PostedCard; card: ApprovalCard }): Promise<void>;
  /** Whether the gateway's proof of a decision is right. `approval`: its workflow id. */
  checkProof(input: { approval: string; decision: Decision }): Promise<Proof>;
  /** Sends one person a private line about their decision that did not count. */
  replyPrivately(input: { posted: PostedCard; reply: PrivateReply }): Promise<void>;
}
