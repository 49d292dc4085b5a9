// One decision that belongs to a person. Opens with a card, judges every click by domain/approval/decide.ts, and ends decided,
// expired or cancelled. Waits may last months: nothing is held meanwhile. Child of the unit or run that asks.

import { approvalDetails } from '../pages/approval.ts';
import { approvalViewQuery, decideSignal, decideUpdate } from '../../contracts/messages/approval.ts';
import type { ApprovalInput, ApprovalView, Decision, PrivateReply, Ruling } from '../../contracts/approval.ts';
import { type Medium, channelsOf } from '../../contracts/people.ts';
import {
  CancellationScope,
  allHandlersFinished,
  condition,
  isCancellation,
  patched,
  setCurrentDetails,
  setHandler,
  sleep,
  upsertMemo,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import { closeApproval, decide, orderDecisions } from '../../domain/approval/decide.ts';
import { coppicePhase } from '../../contracts/search-attributes.ts';
import { ChannelCard } from './channel-card.ts';

/** How long a closed card kept trying to reach Slack, in approvals from before cards were settled beside them. */
const cardGrace = '10m';
const besidePatch = 'settle-card-beside';

/** A private line about a decision that did not count, and the medium in which it was made. */
interface Refusal {
  readonly medium: Medium;
  readonly reply: PrivateReply;
}

export async function approvalWorkflow(input: ApprovalInput): Promise<ApprovalView> {
  let view = input.approval;
  let clicks: Decision[] = [];
  let refusals: Refusal[] = [];
  const channels = channelsOf(input);
  show(view);

  const judge = (decision: Decision): Ruling => {
    const { view: next, ruling } = decide(view, decision, new Date().toISOString());
    view = next;
    if (!ruling.accepted && ruling.code !== 'malformed') {
      const { channel: medium, id: user } = decision.by;
      refusals.push({ medium, reply: { user, text: ruling.message } });
    }
    return ruling;
  };
  const judgeClicks = (): void => {
    const waiting = orderDecisions(clicks);
    clicks = [];
    waiting.forEach(judge);
  };

  setHandler(approvalViewQuery, () => view);
  // Clicks are gathered and judged by the main loop, so that of those in one task a denial comes first.
  setHandler(decideSignal, (decision: Decision | null | undefined) => {
    if (typeof decision === 'object' && decision !== null) clicks.push(decision);
  });
  setHandler(decideUpdate, (decision) => {
    judgeClicks();
    return judge(decision);
  });

  const cards = channels.map((address, at) => new ChannelCard(`${view.id}:card:${at + 1}`, address, view));
  /**
   * What is to be said now, card by card: once in each medium, however many channels it has. Anyone who decided on the
   * command line has the answer already.
   */
  const takeReplies = (): ((card: ChannelCard) => PrivateReply[]) => {
    const taken = refusals;
    refusals = [];
    return (card) =>
      taken
        .filter(({ medium }) => card === cards.find(({ address }) => address.medium === medium))
        .map(({ reply }) => reply);
  };
  const tellRefused = (): Promise<void>[] => {
    const replies = takeReplies();
    return cards.map((card) => card.tell(replies(card)));
  };
  const told: Promise<void>[] = [];
  let shown = view.votes.length;
  const news = (): boolean =>
    clicks.length > 0 || refusals.length > 0 || view.votes.length > shown || view.status !== 'open';
  try {
    const expired = sleep(Math.max(0, Date.parse(view.expiresAt) - Date.now())).then(() => true);
    while (view.status === 'open') {
      const over = await Promise.race([expired, condition(news).then(() => false)]);
      judgeClicks();
      if (over) view = closeApproval(view, 'expired');
      // What is still to say when it closes is said beside it, once.
      if (view.status !== 'open' && patched(besidePatch)) break;
      if (view.status === 'open' && view.votes.length > shown) {
        show(view);
        // Lists are made of memos.
        upsertMemo({ approval: view });
        shown = view.votes.length;
        for (const card of cards) card.redraw(view);
      }
      told.push(...tellRefused());
    }
  } catch (error) {
    if (!isCancellation(error)) throw error;
    view = closeApproval(view, 'cancelled');
  }
  show(view);

  /** Hands what is still to say to workflows of its own, so that the decision never waits for a medium. */
  const closeBeside = async (): Promise<void> => {
    let end: ApprovalView | null = view;
    do {
      const replies = takeReplies();
      for (const card of cards) await card.handOver(end, replies(card));
      end = null;
      // Anyone who clicked meanwhile is told as well.
      judgeClicks();
    } while (refusals.length > 0);
  };
  /** How approvals from before that patch closed. */
  const closeWithinGrace = async (): Promise<void> => {
    await withinGrace([...cards.map((card) => card.draw(view)), ...told]);
    judgeClicks();
    while (refusals.length > 0) {
      await withinGrace(tellRefused());
      judgeClicks();
    }
  };
  await CancellationScope.nonCancellable(async () => {
    await (patched(besidePatch) ? closeBeside() : closeWithinGrace());
    await condition(allHandlersFinished);
  });
  return view;
}

/** Words to people, as long as they are worth waiting for. */
async function withinGrace(words: readonly Promise<void>[]): Promise<void> {
  if (words.length > 0) await Promise.race([Promise.all(words), sleep(cardGrace)]);
}

function show(view: ApprovalView): void {
  upsertSearchAttributes([{ key: coppicePhase, value: view.status }]);
  setCurrentDetails(approvalDetails(view));
}
