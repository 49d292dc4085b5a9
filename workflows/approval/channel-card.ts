// An open approval's card in one channel: posted once, redrawn in order, and handed to a workflow of its own when the
// approval closes. Nothing here rejects: without the channel, people can still decide on the command line; operators read
// in the log, and on the approval's page, that it was not told.

import type { PostedCard } from '../../contracts/people.ts';
import type { ApprovalView, PrivateReply } from '../../contracts/approval.ts';
import { type ChannelAddress, canRedraw } from '../../contracts/people.ts';
import { CancellationScope, log } from '@temporalio/workflow';
import { postCard, remindPeople, replyPrivately, settleCard } from '../activities.ts';
import { startCard, textOf } from './card.ts';

interface CardParts {
  /** Prefix of the ids of the workflows that this card is handed to. */
  readonly id: string;
  readonly address: ChannelAddress;
  /** Called once the channel has refused the card for good. */
  readonly onRefused: () => void;
  /** Where the card is already; null = nowhere; undefined = it is posted now. */
  readonly posted: PostedCard | null | undefined;
}

export class ChannelCard {
  readonly address: ChannelAddress;
  /** Why the channel was not told; null = it was, or may still be. */
  refusal: string | null = null;
  private readonly id: string;
  private readonly posting: Promise<PostedCard | null>;
  /** Undefined while the card is being posted; null if that failed. */
  private posted: PostedCard | null | undefined;
  private readonly untold = new Set<PrivateReply>();
  /** The newest redraw, after those before it: one must not overtake another. */
  private drawn = Promise.resolve();
  /** Redraws in flight. */
  private drawing = 0;
  private reminding = 0;
  private handedOver = 0;

  constructor({ id, address, onRefused, posted: already }: CardParts, view: ApprovalView) {
    this.id = id;
    this.address = address;
    const posting = already === undefined ? post(address, view) : Promise.resolve(already);
    this.posting = posting.catch((error: unknown) => {
      this.refusal = textOf(error);
      log.warn('a channel was not told that a decision waits', { ...address, reason: this.refusal });
      onRefused();
      return null;
    });
    void this.posting.then((posted) => (this.posted = posted));
  }

  /** Where the card is, once nothing that is to be said in this channel is under way; undefined before that. */
  get settled(): PostedCard | null | undefined {
    const isBusy = this.drawing > 0 || this.reminding > 0 || this.untold.size > 0;
    return isBusy ? undefined : this.posted;
  }

  redraw(view: ApprovalView): void {
    if (!canRedraw(this.address)) return;
    this.drawing += 1;
    this.drawn = this.drawn.then(() => this.draw(view)).finally(() => (this.drawing -= 1));
  }

  /** Draws the card at once, even if a redraw is in flight. */
  async draw(view: ApprovalView): Promise<void> {
    try {
      const posted = await this.posting;
      if (posted !== null) await settleCard({ posted, card: { view, ...this.address } });
    } catch {
      // A card is a courtesy, so its failure changes nothing.
    }
  }

  /** Tells the channel again that a decision waits. */
  remind(view: ApprovalView): void {
    this.reminding += 1;
    void this.posting
      .then((posted) => (posted === null ? undefined : remindPeople({ posted, card: { view, ...this.address } })))
      .catch(() => undefined)
      .finally(() => (this.reminding -= 1));
  }

  /** Tells people in private that their decisions did not count. */
  async tell(replies: readonly PrivateReply[]): Promise<void> {
    for (const reply of replies) this.untold.add(reply);
    await Promise.all(replies.map((reply) => this.tellOne(reply)));
  }

  /**
   * Once the approval has closed: starts a workflow that draws its end, unless `view` is null, and sends the remaining
   * replies.
   */
  async handOver(view: ApprovalView | null, replies: readonly PrivateReply[]): Promise<void> {
    const owed = [...this.untold, ...replies];
    this.untold.clear();
    this.handedOver += 1;
    const again = this.drawing > 0;
    const { address, posted } = this;
    await startCard(`${this.id}:${this.handedOver}`, { ...address, posted, view, replies: owed, again });
  }

  private async tellOne(reply: PrivateReply): Promise<void> {
    try {
      const posted = await this.posting;
      if (posted !== null) await replyPrivately({ posted, reply });
    } catch {
      // The decision has been judged already.
    }
    this.untold.delete(reply);
  }
}

async function post(address: ChannelAddress, view: ApprovalView): Promise<PostedCard | null> {
  return CancellationScope.nonCancellable(() => postCard({ view, ...address }));
}
