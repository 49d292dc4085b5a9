// One decision that belongs to a person. Opens with a card in every channel, judges every click by domain/approval/decide.ts,
// and ends decided, expired or cancelled. It may wait for months, and holds nothing meanwhile. Child of the unit or run that
// asks.

import { approvalDetails } from '../pages/approval.ts';
import { approvalViewQuery, decideSignal, decideUpdate } from '../../contracts/messages/approval.ts';
import type { ApprovalInput, ApprovalView, Decision, PrivateReply, Proof, Ruling } from '../../contracts/approval.ts';
import { type ChannelAddress, type Medium, type PostedCard, channelsOf } from '../../contracts/people.ts';
import {
  CancellationScope,
  allHandlersFinished,
  condition,
  isCancellation,
  makeContinueAsNewFunc,
  patched,
  setCurrentDetails,
  setHandler,
  sleep,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { closeApproval, decide, orderDecisions } from '../../domain/approval/decide.ts';
import { type Moment, atMoment, escalationOf, nextReminder } from '../../domain/approval/timing.ts';
import { addressesOf } from '../../domain/approval/by-mail.ts';
import { inLists } from '../../domain/approval/record.ts';
import { coppicePhase } from '../../contracts/search-attributes.ts';
import { needsProof } from '../../domain/approval/tier.ts';
import { checkProof } from '../activities.ts';
import { ChannelCard } from './channel-card.ts';

/** How long a closed card kept trying to reach Slack, in approvals from before cards were settled beside them. */
const cardGrace = '10m';
const besidePatch = 'settle-card-beside';
const momentsPatch = 'moments-in-turn';
const continuesPatch = 'approval-continues-as-new';

/** A decision to be judged, with what is known of its proof where it needs one. */
interface Click {
  readonly decision: Decision;
  readonly proof?: Proof;
}

/** A private line about a decision that did not count, and the medium in which it was made. */
interface Refusal {
  readonly medium: Medium;
  readonly reply: PrivateReply;
}

export async function approvalWorkflow(input: ApprovalInput): Promise<ApprovalView> {
  const approval = new ApprovalExecution(input.approval);
  approval.show();
  setHandler(approvalViewQuery, () => approval.view);
  setHandler(decideSignal, (decision: Decision | null | undefined) => approval.addClick(decision));
  setHandler(decideUpdate, (decision) => approval.decide(decision));
  approval.postCards(input);
  await approval.untilClosed(input);
  approval.show();
  await CancellationScope.nonCancellable(async () => {
    await approval.sayHowItEnded();
    await condition(allHandlersFinished);
  });
  return approval.view;
}

class ApprovalExecution {
  view: ApprovalView;
  /** Gathered and judged by the main loop, so that of those in one task a denial comes first. */
  private clicks: Click[] = [];
  private refusals: Refusal[] = [];
  private channels: readonly ChannelAddress[] = [];
  private cards: readonly ChannelCard[] = [];
  private readonly told: Promise<void>[] = [];
  /** How many of the votes the cards show. */
  private shown: number;
  /** Moments of the clock that have come. */
  private due: Moment[] = [];
  /** Decisions whose proofs are being checked. They count before the time is over. */
  private proving = 0;

  constructor(view: ApprovalView) {
    this.view = view;
    this.shown = view.votes.length;
  }

  /** A promise only where the proof must be checked first. */
  addClick(decision: Decision | null | undefined): void | Promise<void> {
    if (typeof decision !== 'object' || decision === null) return;
    if (!needsProof(this.view.policy, decision)) return void this.clicks.push({ decision });
    return this.prove(decision).then((proof) => void this.clicks.push({ decision, proof }));
  }

  decide(decision: Decision): Ruling | Promise<Ruling> {
    const judge = (click: Click): Ruling => {
      this.judgeClicks();
      return this.judge(click);
    };
    // Anyone who can write to the namespace can send anything.
    const isObject = typeof decision === 'object' && decision !== null;
    if (!isObject || !needsProof(this.view.policy, decision)) return judge({ decision });
    return this.prove(decision).then((proof) => judge({ decision, proof }));
  }

  /** Cancelled with the approval, which then is closed. */
  private async prove(decision: Decision): Promise<Proof> {
    this.proving += 1;
    try {
      return await checkProof({ approval: this.view.id, decision });
    } catch {
      return 'unknown';
    } finally {
      this.proving -= 1;
    }
  }

  show(): void {
    upsertSearchAttributes([{ key: coppicePhase, value: this.view.status }]);
    this.showDetails();
  }

  private showDetails(): void {
    const untold = this.cards.flatMap(({ address: { channel }, refusal }) =>
      refusal === null ? [] : [{ channel, why: refusal }],
    );
    setCurrentDetails(approvalDetails(this.view, untold));
  }

  postCards(input: ApprovalInput): void {
    this.channels = channelsOf(input);
    this.cards = (input.cards ?? []).map(({ posted, address }, at) => this.cardOf(at, address, posted));
    this.postMissing();
  }

  /** Cards for everyone who may decide by now and has none. */
  private postMissing(): void {
    const { view, cards } = this;
    const isThere = ({ medium, channel }: ChannelAddress): boolean =>
      cards.some(({ address }) => address.medium === medium && address.channel === channel);
    const missing = addressesOf(this.channels, view).filter((address) => !isThere(address));
    this.cards = [...cards, ...missing.map((address, at) => this.cardOf(cards.length + at, address))];
  }

  /** `posted`: where it is, after a continue-as-new; absent = it is posted now. */
  private cardOf(at: number, address: ChannelAddress, posted?: PostedCard | null): ChannelCard {
    const { view } = this;
    const onRefused = () => this.showDetails();
    return new ChannelCard({ id: `${view.id}:card:${at + 1}`, address, onRefused, posted }, view);
  }

  async untilClosed(input: ApprovalInput): Promise<void> {
    const news = (): boolean =>
      this.clicks.length > 0 ||
      this.refusals.length > 0 ||
      this.due.some((moment) => this.mayPass(moment)) ||
      this.hasNewVotes() ||
      this.view.status !== 'open';
    try {
      this.arm('deadline', this.view.expiresAt);
      this.arm('escalation', escalationOf(this.view));
      this.arm('reminder', nextReminder(this.view));
      while (this.view.status === 'open') {
        await condition(news);
        this.judgeClicks();
        this.letTimePass();
        // What is still to say when it closes is said beside it, once.
        if (!this.isOpen() && patched(besidePatch)) return;
        if (this.isOpen() && this.hasNewVotes()) this.showChange();
        this.told.push(...this.tellRefused());
        if (workflowInfo().continueAsNewSuggested && patched(continuesPatch)) await this.continueWhenQuiet(input, news);
      }
    } catch (error) {
      if (!isCancellation(error)) throw error;
      this.view = closeApproval(this.view, 'cancelled');
    }
  }

  /** Only when nothing is under way that would be lost or said twice; news comes first. */
  private async continueWhenQuiet(input: ApprovalInput, news: () => boolean): Promise<void> {
    const isQuiet = (): boolean => allHandlersFinished() && this.cards.every(({ settled }) => settled !== undefined);
    await condition(() => news() || isQuiet());
    if (news()) return;
    const cards = this.cards.map(({ address, settled }) => ({ address, posted: settled ?? null }));
    const memo = { approval: inLists(this.view) };
    const again = makeContinueAsNewFunc<typeof approvalWorkflow>({ memo });
    await again({ ...input, approval: this.view, cards });
  }

  private arm(moment: Moment, at: string | null): void {
    if (at === null) return;
    void sleep(Math.max(0, Date.parse(at) - Date.now()))
      .then(() => this.due.push(moment))
      // Cancelled with the approval.
      .catch(() => undefined);
  }

  private mayPass(moment: Moment): boolean {
    return moment !== 'deadline' || this.proving === 0;
  }

  private letTimePass(): void {
    const due = this.due.filter((moment) => this.mayPass(moment));
    this.due = this.due.filter((moment) => !this.mayPass(moment));
    const asBefore = due.some((moment) => moment !== 'deadline') && !patched(momentsPatch);
    // Nobody is reminded of what is over.
    if (!asBefore) due.sort((a, b) => Number(b === 'deadline') - Number(a === 'deadline'));
    for (const moment of due) {
      this.view = atMoment(this.view, moment, new Date().toISOString(), asBefore);
      if (!this.isOpen()) return;
      if (moment === 'reminder') this.arm(moment, nextReminder(this.view));
      this.showChange();
      if (moment !== 'deadline') for (const card of this.cards) card.remind(this.view);
      if (moment === 'escalation') {
        this.postMissing();
        this.arm(moment, escalationOf(this.view));
      }
    }
  }

  sayHowItEnded(): Promise<void> {
    return patched(besidePatch) ? this.closeBeside() : this.closeWithinGrace();
  }

  /** A method, because the view changes while the loop looks at it. */
  private isOpen(): boolean {
    return this.view.status === 'open';
  }

  private hasNewVotes(): boolean {
    return this.view.votes.length > this.shown;
  }

  private showChange(): void {
    this.show();
    // Lists are made of memos.
    upsertMemo({ approval: inLists(this.view) });
    this.shown = this.view.votes.length;
    for (const card of this.cards) card.redraw(this.view);
  }

  private judgeClicks(): void {
    const waiting = orderDecisions(this.clicks);
    this.clicks = [];
    for (const click of waiting) this.judge(click);
  }

  private judge({ decision, proof }: Click): Ruling {
    const { view, ruling } = decide(this.view, decision, new Date().toISOString(), proof);
    this.view = view;
    if (!ruling.accepted && ruling.code !== 'malformed') {
      const { channel: medium, id: user } = decision.by;
      this.refusals.push({ medium, reply: { user, text: ruling.message } });
    }
    return ruling;
  }

  /**
   * What is to be said now, card by card: once in each medium, however many channels it has, and to somebody who has a
   * card of their own, there. Anyone who decided on the command line has the answer already.
   */
  private takeReplies(): (card: ChannelCard) => PrivateReply[] {
    const taken = this.refusals;
    this.refusals = [];
    const cardFor = ({ medium, reply: { user } }: Refusal) => {
      const cards = this.cards.filter(({ address }) => address.medium === medium);
      return cards.find(({ address }) => address.channel === user) ?? cards[0];
    };
    return (card) => taken.filter((refusal) => card === cardFor(refusal)).map(({ reply }) => reply);
  }

  private tellRefused(): Promise<void>[] {
    const replies = this.takeReplies();
    return this.cards.map((card) => card.tell(replies(card)));
  }

  /** Hands what is still to say to workflows of its own, so that the decision never waits for a medium. */
  private async closeBeside(): Promise<void> {
    let end: ApprovalView | null = this.view;
    do {
      const replies = this.takeReplies();
      for (const card of this.cards) await card.handOver(end, replies(card));
      end = null;
      // Anyone who clicked meanwhile is told as well.
      if (this.proving > 0) await condition(() => this.proving === 0);
      this.judgeClicks();
    } while (this.refusals.length > 0);
  }

  /** How approvals from before that patch closed. */
  private async closeWithinGrace(): Promise<void> {
    await withinGrace([...this.cards.map((card) => card.draw(this.view)), ...this.told]);
    this.judgeClicks();
    while (this.refusals.length > 0) {
      await withinGrace(this.tellRefused());
      this.judgeClicks();
    }
  }
}

/** Words to people, as long as they are worth waiting for. */
async function withinGrace(words: readonly Promise<void>[]): Promise<void> {
  if (words.length > 0) await Promise.race([Promise.all(words), sleep(cardGrace)]);
}
