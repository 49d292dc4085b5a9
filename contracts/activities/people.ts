// The activities that talk to people. They run on the task queue `coppice-workflows`: they need Slack, and no disk.

import type { ApprovalCard, Decision, PrivateReply, Proof } from '../approval.ts';
import type { CardAddress, PostedCard } from '../people.ts';
import type { Notice } from '../notices.ts';

export interface PeopleActivities {
  /** Posts the card once, however often it is called; null when Slack is not configured. */
  postCard(card: ApprovalCard): Promise<PostedCard | null>;
  /**
   * Replaces the card with who decided what and when. If `posted` is null, looks for the card; if there is none, does
   * nothing.
   */
  settleCard(input: { posted: PostedCard | null; card: ApprovalCard }): Promise<void>;
  /** Tells the channel again that this decision waits, under its card. By e-mail, it may appear twice. */
  remindPeople(input: { posted: PostedCard; card: ApprovalCard }): Promise<void>;
  /** Whether the gateway's proof of a decision is right. `approval`: its workflow id. */
  checkProof(input: { approval: string; decision: Decision }): Promise<Proof>;
  /**
   * Tells a channel of a run, once, however often it is called, and brings the run's first message there up to date.
   * Returns that message; null if the medium is not configured.
   */
  tellPeople(telling: Telling): Promise<PostedCard | null>;
  /** Sends one person a private line about their decision that did not count. */
  replyPrivately(input: { posted: PostedCard; reply: PrivateReply }): Promise<void>;
}

export interface Telling extends CardAddress {
  readonly notice: Notice;
  /** The run's first message in the channel; null = unknown, or there is none yet. */
  readonly thread: PostedCard | null;
  /** An earlier call may have told it. */
  readonly mayBeThere: boolean;
}
