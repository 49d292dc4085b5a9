// One decision that belongs to a person. Opens with a card, judges every click by domain/approval/decide.ts, and ends decided,
// expired or cancelled. Waits may last months: nothing is held meanwhile. Child of the unit or run that asks.

import { approvalDetails } from '../pages/approval.ts';
import { approvalViewQuery, decideSignal, decideUpdate } from '../../contracts/messages/approval.ts';
import type { PostedCard } from '../../contracts/activities/people.ts';
import type { ApprovalInput, ApprovalView, Decision, PrivateReply, Ruling } from '../../contracts/approval.ts';
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
import { postCard, replyPrivately, settleCard } from '../activities.ts';
import { startCard } from './card.ts';

/** How long a closed card kept trying to reach Slack, in approvals from before cards were settled beside them. */
const cardGrace = '10m';
const besidePatch = 'settle-card-beside';

export async function approvalWorkflow(input: ApprovalInput): Promise<ApprovalView> {
  let view = input.approval;
  let clicks: Decision[] = [];
  const refusals: PrivateReply[] = [];
  const told: Promise<void>[] = [];
  /** Pictures of the open card that are on their way. */
  let drawing = 0;
  show(view);

  const judge = (decision: Decision): Ruling => {
    const { view: next, ruling } = decide(view, decision, new Date().toISOString());
    view = next;
    if (!ruling.accepted && ruling.code !== 'malformed' && decision.by.channel === 'slack') {
      refusals.push({ user: decision.by.id, text: ruling.message });
    }
    return ruling;
  };
  const judgeClicks = (): void => {
    const waiting = orderDecisions(clicks);
    clicks = [];
    waiting.forEach(judge);
  };

  /** Hands what is still to say in Slack to workflows of its own, so that nobody waits for Slack with the decision. */
  const settleBeside = async (): Promise<void> => {
    const { slackChannel: channel } = input;
    if (channel === null) return;
    for (let n = 1; n === 1 || refusals.length > 0; n++) {
      const first = n === 1;
      const replies = [...(first ? untold : []), ...refusals.splice(0)];
      const again = first && drawing > 0;
      await startCard(`${view.id}:card:${n}`, { channel, posted, view: first ? view : null, replies, again });
      // Anyone who clicked meanwhile is told as well.
      judgeClicks();
    }
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

  const card = postCardOf(input, view);
  let posted: PostedCard | null | undefined;
  void card.then((known) => (posted = known));
  const untold = new Set<PrivateReply>();
  const tell = async (replies: readonly PrivateReply[]): Promise<void> => {
    for (const reply of replies) untold.add(reply);
    await tellRefused(card, replies, (reply) => untold.delete(reply));
  };
  let shown = view.votes.length;
  /** The newest picture of the open card, after those before it: one must not overtake another. */
  let drawn = Promise.resolve();
  const redraw = (): void => {
    shown = view.votes.length;
    drawing += 1;
    const now = view;
    drawn = drawn.then(() => settle(card, now, input)).finally(() => (drawing -= 1));
  };
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
        redraw();
      }
      told.push(tell(refusals.splice(0)));
    }
  } catch (error) {
    if (!isCancellation(error)) throw error;
    view = closeApproval(view, 'cancelled');
  }
  show(view);
  await CancellationScope.nonCancellable(async () => {
    if (patched(besidePatch)) {
      await settleBeside();
    } else {
      await withinGrace([settle(card, view, input), ...told], input);
      judgeClicks();
      while (refusals.length > 0) {
        await withinGrace([tell(refusals.splice(0))], input);
        judgeClicks();
      }
    }
    await condition(allHandlersFinished);
  });
  return view;
}

/** Never rejects: a decision can be taken on the command line when Slack does not work. */
async function postCardOf(input: ApprovalInput, view: ApprovalView): Promise<PostedCard | null> {
  const channel = input.slackChannel;
  if (channel === null) return null;
  try {
    return await CancellationScope.nonCancellable(() => postCard({ view, channel }));
  } catch {
    return null;
  }
}

/** Never rejects: a private line is a courtesy. */
async function tellRefused(
  card: Promise<PostedCard | null>,
  refusals: readonly PrivateReply[],
  done: (reply: PrivateReply) => void,
): Promise<void> {
  const tell = async (reply: PrivateReply): Promise<void> => {
    try {
      const posted = await card;
      if (posted !== null) await replyPrivately({ posted, reply });
    } catch {
      // The decision is judged already.
    }
    done(reply);
  };
  await Promise.all(refusals.map(tell));
}

async function settle(card: Promise<PostedCard | null>, view: ApprovalView, input: ApprovalInput): Promise<void> {
  const { slackChannel: channel } = input;
  if (channel === null) return;
  await card
    .then((posted) => (posted === null ? undefined : settleCard({ posted, card: { view, channel } })))
    .catch(() => undefined);
}

/** Words to Slack, as long as they are worth waiting for. */
async function withinGrace(words: readonly Promise<void>[], { slackChannel }: ApprovalInput): Promise<void> {
  if (slackChannel !== null) await Promise.race([Promise.all(words), sleep(cardGrace)]);
}

function show(view: ApprovalView): void {
  upsertSearchAttributes([{ key: coppicePhase, value: view.status }]);
  setCurrentDetails(approvalDetails(view));
}
