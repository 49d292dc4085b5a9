// Finishes one channel after an approval has closed: replaces its card, and tells anyone whose click came too late. A
// workflow of its own, because the decision must not wait for Slack; it gives up by itself.

import { errorText } from '../../domain/errors.ts';
import type { PostedCard } from '../../contracts/people.ts';
import type { ApprovalCard, ApprovalView, PrivateReply } from '../../contracts/approval.ts';
import type { CardAddress } from '../../contracts/people.ts';
import { ParentClosePolicy, log, sleep, startChild } from '@temporalio/workflow';
import { replyPrivately, settleCard } from '../activities.ts';

export interface CardInput extends CardAddress {
  /** Where the card is; null = there is none; absent = it was still being posted when the approval closed. */
  readonly posted?: PostedCard | null | undefined;
  /** How the approval ended; null = another workflow settles the card. */
  readonly view: ApprovalView | null;
  readonly replies: readonly PrivateReply[];
  /** A redraw of the open card was in flight and may arrive after this one, so the card is settled once more. */
  readonly again?: boolean;
}

/** Longer than the time limit of the last attempt to post or redraw the card, which ends with its approval. */
const lastPost = '40s';

/** Returns once the child has started; never rejects, because a card is a courtesy. */
export async function startCard(id: string, input: CardInput): Promise<void> {
  if (input.posted === null || (input.view === null && input.replies.length === 0)) return;
  try {
    await startChild(cardWorkflow, {
      workflowId: id,
      args: [input],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: 'Says how an approval ended',
    });
  } catch (error) {
    log.warn('the card of an approval is not settled', { id, reason: textOf(error) });
  }
}

export async function cardWorkflow({
  posted = null,
  view,
  replies,
  again = false,
  ...address
}: CardInput): Promise<void> {
  const closed = view === null ? Promise.resolve() : closeCard(posted, { ...address, view }, again);
  const told = replies.map((reply) => replyPrivately({ posted: posted ?? { ...address, ts: '' }, reply }));
  for (const result of await Promise.allSettled([closed, ...told])) {
    if (result.status === 'rejected') log.warn('a channel was not told how an approval ended', reasonOf(result));
  }
}

async function closeCard(posted: PostedCard | null, card: ApprovalCard, again: boolean): Promise<void> {
  if (posted === null) await sleep(lastPost);
  await settleCard({ posted, card });
  if (posted === null || !again) return;
  await sleep(lastPost);
  await settleCard({ posted, card });
}

function reasonOf({ reason }: PromiseRejectedResult): { reason: string } {
  return { reason: textOf(reason) };
}

/** What an activity failed with, without Temporal's wrapper. */
export function textOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return errorText(cause);
}
