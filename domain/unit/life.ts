// The life of one unit: a pure state machine. The unit workflow performs what the state calls for and feeds back what
// happened; nothing else changes a unit.
//
//   ready   → working            the run granted an allowance
//           → asking             its budget is spent, and people may add to it
//           → failed             they may not, or have said no to what the run needs
//   working → queued             done, and policy allows the landing
//           → asking             done, and policy wants a person; or its agent has a question
//           → ready              drained, cut, or the allowance is used up: the next slice continues, anywhere
//           → parked             the model cannot be asked for a while
//           → failed             the agent could not, or policy denies
//   parked  → ready              the time has come
//   asking  → queued | failed    a merge: approved; denied or expired
//           → ready | failed     a budget: topped up; denied or expired
//           → ready | queued     the network for a setup: granted or refused, and from where it was asked
//           → ready              a question: answered, or nobody did
//   queued  → landed             the result is on the target
//           → ready              sent back by the queue, with its feedback, into the same conversation
//           → asking             nobody could verify it without the network, or people must agree to more than they did
//           → failed             sent back with nothing gained (returns.ts), the remote refused, or nobody could verify it
//   any     → cancelled          unless it has ended
//
// `landed`, `failed` and `cancelled` are final.

import type { LargeFile } from '../../contracts/large-file.ts';
import { noTotals } from '../money/usage.ts';
import type { QueueOutcome } from '../../contracts/messages/unit.ts';
import type { ApprovalPolicy, ApprovalView, AskVerdict, Consent } from '../../contracts/approval.ts';
import type { UnitTotals } from '../../contracts/usage.ts';
import type { UnitDecision, UnitEnd, UnitRecord } from '../../contracts/documents/records.ts';
import type { Allowance, EgressWish, Feedback, SliceResult, PersonMessage } from '../../contracts/activities/agent.ts';
import type { Sha } from '../../contracts/ids.ts';
import { conflictsOf, describeConflict } from '../queue/conflicts.ts';
import { consentsOf } from '../approval/consent.ts';
import { parkedFor } from './parking.ts';
import { decisionOf } from '../approval/record.ts';
import { dollars } from '../money/dollars.ts';
import { explainDenial, explainExpiry } from '../approval/decide.ts';
import { hasNoEnd, traceOf } from './returns.ts';
import { reason } from '../../contracts/failures.ts';

/** Messages that wait for the unit's agent. */
const mostMessages = 20;
/** Paths that were left as a merge made them. */
const keptAtMost = 50;

export interface FinishedWork {
  readonly result: Sha;
  readonly base: Sha;
  /** At most 50 of the changed paths, and how many there are. */
  readonly changed: readonly string[];
  readonly changedCount: number;
  readonly largeFiles?: readonly LargeFile[];
  /** What the agent has left as a merge made it, although it was in conflict. */
  readonly kept?: readonly string[];
}

export interface QueuedWork {
  readonly work: FinishedWork;
  readonly approvedBy: readonly string[];
  /** Absent from units of before: who they were is not known. */
  readonly consents?: readonly Consent[];
}

export type UnitState =
  | { readonly status: 'ready'; readonly feedback: Feedback | null }
  | {
      readonly status: 'working';
      readonly feedback: Feedback | null;
      readonly allowance: Allowance;
      /** What the slice brings to the agent. */
      readonly words: readonly PersonMessage[];
    }
  /** `until`: milliseconds since the epoch. */
  | { readonly status: 'parked'; readonly feedback: Feedback | null; readonly until: number; readonly why: string }
  | { readonly status: 'asking'; readonly ask: UnitAsk; readonly policy: ApprovalPolicy }
  | ({ readonly status: 'queued' } & QueuedWork)
  | UnitEnd;

export type UnitAsk =
  | {
      readonly kind: 'merge';
      readonly work: FinishedWork;
      /** The queue asks for more than what people had agreed to. */
      readonly more?: { readonly queued: QueuedWork; readonly covers: string };
    }
  | {
      readonly kind: 'budget';
      readonly feedback: Feedback | null;
      readonly limitUsd: number;
      readonly topUpUsd: number;
    }
  | {
      readonly kind: 'question';
      readonly feedback: Feedback | null;
      readonly question: string;
      readonly call: string;
    }
  /** Whether a setup may have the network, with what the unit has changed. */
  | {
      readonly kind: 'egress';
      readonly feedback: Feedback | null;
      readonly wish: EgressWish;
      readonly output: string;
      /** The queue could not verify this; null = a host asks in the middle of the work. */
      readonly queued: QueuedWork | null;
    };

export interface UnitLife {
  readonly state: UnitState;
  /** When the state began, milliseconds since the epoch. */
  readonly since: number;
  /** Slices begun. */
  readonly slices: number;
  /** Times that it was parked in a row, without a turn in between. */
  readonly parked: number;
  /** Approvals asked for. */
  readonly approvals: number;
  /** What the queue sent back, in order. */
  readonly returns: readonly Feedback['kind'][];
  /** What each of them was, to know it again, and how many conflicts were settled. Absent from units of before. */
  readonly traces?: readonly string[];
  readonly settled?: number;
  readonly totals: UnitTotals;
  readonly seconds: UnitRecord['seconds'];
  readonly decisions: readonly UnitDecision[];
  /** What people said that no slice has brought to the agent yet. */
  readonly words: readonly PersonMessage[];
  /** What people have added to its budget, USD. */
  readonly toppedUpUsd: number;
  /** Of its newest result; absent = there is none. */
  readonly largeFiles?: readonly LargeFile[];
  /** Of this result and those before it: what was left as a merge made it, and was not changed since. */
  readonly kept?: readonly string[];
  /** Keys of wishes for the network; absent = nobody was asked. */
  readonly egress?: { readonly granted: readonly string[]; readonly refused: readonly string[] };
}

export type UnitEvent =
  | { readonly type: 'granted'; readonly allowance: Allowance }
  /** `limitUsd` is spent; `verdict` says whether people may add to it. */
  | { readonly type: 'budget-spent'; readonly limitUsd: number; readonly verdict: AskVerdict }
  | { readonly type: 'refused'; readonly reason: string }
  | { readonly type: 'slice-ended'; readonly slice: SliceResult }
  /** It was told to leave and could not say any more how far it came. */
  | { readonly type: 'slice-cut' }
  | { readonly type: 'slice-failed'; readonly message: string }
  | { readonly type: 'woken' }
  | { readonly type: 'approval-ended'; readonly view: ApprovalView }
  /** `once`: histories of before let a unit be sent back one time only. */
  | { readonly type: 'queue-answered'; readonly outcome: QueueOutcome; readonly once?: boolean }
  | { readonly type: 'cancelled'; readonly reason: string };

export function beginUnit(now: number): UnitLife {
  return {
    state: { status: 'ready', feedback: null },
    since: now,
    slices: 0,
    parked: 0,
    approvals: 0,
    returns: [],
    traces: [],
    settled: 0,
    totals: noTotals,
    seconds: { slot: 0, work: 0, human: 0, queue: 0 },
    decisions: [],
    words: [],
    toppedUpUsd: 0,
  };
}

/** Why the unit's agent would not hear a message now; null = it will. */
export function refuseMessage({ state, words }: UnitLife): string | null {
  if (state.status === 'queued') return 'its work is done, and in the merge queue';
  if (state.status === 'asking' && state.ask.kind === 'merge') return 'its work is done, and waits for an approval';
  if (hasEnded(state)) return `it is ${state.status}`;
  return words.length < mostMessages ? null : `${mostMessages} messages wait for its agent already`;
}

/** Once for each id. */
export function addMessage(life: UnitLife, word: PersonMessage): UnitLife {
  const known = life.state.status === 'working' ? [...life.state.words, ...life.words] : life.words;
  return known.some(({ id }) => id === word.id) ? life : { ...life, words: [...life.words, word] };
}

export function hasEnded(state: UnitState): state is UnitEnd {
  return state.status === 'landed' || state.status === 'failed' || state.status === 'cancelled';
}

/** One step of a unit's life. An event that the state does not allow is a bug and throws. `now` in milliseconds. */
export function advanceUnit(life: UnitLife, event: UnitEvent, now: number): UnitLife {
  if (hasEnded(life.state)) throw illegal(life.state, event);
  const clocked = { ...life, since: now, seconds: addSeconds(life, event, now) };
  if (event.type === 'cancelled') return { ...clocked, state: { status: 'cancelled', reason: event.reason } };
  switch (life.state.status) {
    case 'ready':
      return afterReady(clocked, life.state, event);
    case 'working':
      return afterWorking(clocked, life.state, event, now);
    case 'parked':
      if (event.type !== 'woken') throw illegal(life.state, event);
      return { ...clocked, state: { status: 'ready', feedback: life.state.feedback } };
    case 'asking':
      return afterAsking(clocked, life.state, event, now);
    case 'queued':
      return afterQueued(clocked, life.state, event);
  }
}

/** What the run keeps of a unit that ended. */
export function recordOf(life: UnitLife): UnitRecord {
  const met = life.returns.filter((kind) => kind === 'conflict').length;
  return {
    totals: life.totals,
    slices: life.slices,
    attempts: life.returns.length + 1,
    seconds: life.seconds,
    decisions: life.decisions,
    ...(life.largeFiles === undefined ? {} : { largeFiles: life.largeFiles }),
    ...(life.kept === undefined ? {} : { kept: life.kept }),
    conflicts: {
      met,
      resolvedByAgent: life.settled ?? (life.state.status === 'landed' ? Math.min(met, 1) : 0),
    },
  };
}

type StateOf<Status extends UnitState['status']> = Extract<UnitState, { status: Status }>;

function afterReady(life: UnitLife, state: StateOf<'ready'>, event: UnitEvent): UnitLife {
  switch (event.type) {
    case 'granted': {
      const { feedback } = state;
      const { allowance } = event;
      const working = { status: 'working', feedback, allowance, words: life.words } as const;
      return { ...life, slices: life.slices + 1, words: [], state: working };
    }
    case 'budget-spent': {
      const { limitUsd, verdict } = event;
      const spent = `${dollars(limitUsd)} are spent`;
      if (verdict.decide === 'deny') return fail(life, reason('budget', spent));
      const topUpUsd = limitUsd - life.toppedUpUsd;
      return ask(life, { kind: 'budget', feedback: state.feedback, limitUsd, topUpUsd }, verdict.policy);
    }
    case 'refused':
      return fail(life, event.reason);
    default:
      throw illegal(state, event);
  }
}

function afterWorking(life: UnitLife, state: StateOf<'working'>, event: UnitEvent, now: number): UnitLife {
  if (event.type === 'slice-failed') return fail(life, reason('error', event.message));
  const goOn = { status: 'ready', feedback: state.feedback } as const;
  // Whether its words reached the journal is not known; there they count once.
  if (event.type === 'slice-cut') return { ...life, words: [...state.words, ...life.words], state: goOn };
  if (event.type !== 'slice-ended') throw illegal(state, event);
  const { outcome, totals } = event.slice;
  const settled = { ...life, totals };
  switch (outcome.status) {
    case 'done':
      // Somebody said something while the work was judged: the agent hears it first.
      return life.words.length > 0 ? { ...settled, state: goOn } : afterDone(settled, outcome);
    case 'drained':
    // The run has more, or asks people for it, or says that the unit has used up its own.
    case 'budget':
    // The run knows what to do: it settles with the reason before it asks for the next slice.
    case 'credential':
      return { ...settled, state: goOn };
    case 'question': {
      const { call, question, verdict } = outcome;
      if (verdict.decide === 'ask') {
        return ask(settled, { kind: 'question', feedback: state.feedback, question, call }, verdict.policy);
      }
      return { ...settled, words: [...life.words, unanswered(call, 'nobody')], state: goOn };
    }
    case 'egress': {
      const { wish, output, verdict } = outcome;
      const about = { kind: 'egress', feedback: state.feedback, wish, output, queued: null } as const;
      // A host asks only where people may be asked.
      return verdict.decide === 'ask' ? ask(settled, about, verdict.policy) : { ...settled, state: goOn };
    }
    case 'parked': {
      const parked = totals.turns > life.totals.turns ? 1 : life.parked + 1;
      const until = now + parkedFor(outcome, parked) * 1000;
      const { feedback } = state;
      return { ...settled, parked, state: { status: 'parked', feedback, until, why: outcome.reason } };
    }
    case 'failed':
      return fail(settled, outcome.reason);
  }
}

function afterDone(settled: UnitLife, done: Extract<SliceResult['outcome'], { status: 'done' }>): UnitLife {
  const work = {
    result: done.result,
    base: done.base,
    changed: done.changed,
    changedCount: done.changedCount,
    ...(done.largeFiles === undefined ? {} : { largeFiles: done.largeFiles }),
    ...(done.kept === undefined ? {} : { kept: done.kept }),
  };
  const { largeFiles: _, kept: keptBefore = [], ...before } = settled;
  const kept = [...new Set([...(done.kept ?? []), ...keptBefore.filter((path) => !done.changed.includes(path))])];
  const life = {
    ...before,
    ...(done.largeFiles === undefined ? {} : { largeFiles: done.largeFiles }),
    ...(kept.length === 0 ? {} : { kept: kept.slice(0, keptAtMost) }),
  };
  const { verdict } = done;
  switch (verdict.decide) {
    case 'allow':
      return { ...life, state: { status: 'queued', work, approvedBy: [], consents: [] } };
    case 'ask':
      return ask(life, { kind: 'merge', work }, verdict.policy);
    case 'deny':
      return fail(life, reason('denied', `policy does not allow it (${verdict.rule})`));
  }
}

function ask(life: UnitLife, about: UnitAsk, policy: ApprovalPolicy): UnitLife {
  return { ...life, approvals: life.approvals + 1, state: { status: 'asking', ask: about, policy } };
}

function afterAsking(life: UnitLife, state: StateOf<'asking'>, event: UnitEvent, now: number): UnitLife {
  if (event.type !== 'approval-ended') throw illegal(state, event);
  const { view } = event;
  if (view.status === 'open') throw illegal(state, event);
  const decided = { ...life, decisions: [...life.decisions, decisionOf(view, now)] };
  if (view.status === 'cancelled') {
    return { ...decided, state: { status: 'cancelled', reason: reason('cancelled', 'its approval was cancelled') } };
  }
  switch (state.ask.kind) {
    case 'question':
      return afterQuestion(decided, state.ask, view);
    case 'egress':
      return afterEgress(decided, state.ask, view);
    default:
      return afterConsent(decided, state.ask, view);
  }
}

function afterConsent(
  life: UnitLife,
  about: Extract<UnitAsk, { kind: 'merge' | 'budget' }>,
  view: ApprovalView,
): UnitLife {
  const code = about.kind === 'budget' ? 'budget' : view.status === 'expired' ? 'expired' : 'denied';
  if (view.status === 'expired') return fail(life, reason(code, explainExpiry(view)));
  if (view.status === 'denied') return fail(life, reason(code, explainDenial(view)));
  switch (about.kind) {
    case 'merge': {
      const { work, more } = about;
      const names = view.votes.map(({ by }) => by.name);
      const approvedBy = [...new Set([...(more?.queued.approvedBy ?? []), ...names])];
      const agreed = consentsOf(view.votes, more?.covers);
      const consents = [...(more?.queued.consents ?? []), ...agreed];
      return { ...life, state: { status: 'queued', work: more?.queued.work ?? work, approvedBy, consents } };
    }
    case 'budget': {
      const toppedUpUsd = life.toppedUpUsd + (view.votes.at(-1)?.usd ?? about.topUpUsd);
      return { ...life, toppedUpUsd, state: { status: 'ready', feedback: about.feedback } };
    }
  }
}

/** What was refused is not asked again. The agent hears of it, and may find a way that needs no network. */
function afterEgress(life: UnitLife, about: Extract<UnitAsk, { kind: 'egress' }>, view: ApprovalView): UnitLife {
  const { wish, queued, feedback } = about;
  const { granted = [], refused = [] } = life.egress ?? {};
  if (view.status === 'approved') {
    const next = { ...life, egress: { granted: [...granted, wish.key], refused } };
    return queued === null
      ? { ...next, state: { status: 'ready', feedback } }
      : { ...next, state: { status: 'queued', ...queued } };
  }
  const how = view.status === 'expired' ? 'nobody decided in time' : explainDenial(view);
  if (queued !== null) return fail(life, reason('not-verified', `the setup may not have the network: ${how}`));
  const word = { id: view.id, by: 'Coppice', text: networkRefused(wish, how), call: null };
  return {
    ...life,
    egress: { granted, refused: [...refused, wish.key] },
    words: [...life.words, word],
    state: { status: 'ready', feedback },
  };
}

function networkRefused({ command }: EgressWish, how: string): string {
  return `The setup command \`${command}\` may not have the network for what you have changed (${how}). Find a way that needs no download, or report the unit as blocked.`;
}

/** Silence is no reason to fail: the agent decides by itself, as it would have without the tool. */
function afterQuestion(life: UnitLife, about: Extract<UnitAsk, { kind: 'question' }>, view: ApprovalView): UnitLife {
  const vote = view.votes.at(-1);
  const by = vote?.by.name ?? 'nobody';
  const text = vote?.text;
  const word = text === undefined ? unanswered(about.call, by) : { id: view.id, by, text, call: about.call };
  return { ...life, words: [...life.words, word], state: { status: 'ready', feedback: about.feedback } };
}

function unanswered(call: string, by: string): PersonMessage {
  return { id: `unanswered:${call}`, by, text: null, call };
}

function afterQueued(life: UnitLife, state: StateOf<'queued'>, event: UnitEvent): UnitLife {
  if (event.type !== 'queue-answered') throw illegal(state, event);
  const { outcome } = event;
  switch (outcome.status) {
    case 'landed':
      return { ...countSettled(life, state.work), state: { status: 'landed', commit: outcome.commit } };
    case 'refused':
      return fail(life, outcome.reason);
    case 'consent-missing': {
      const { status: _, ...queued } = state;
      const { policy, changed, changedCount, covers } = outcome;
      const work = { ...state.work, changed, changedCount };
      return ask(life, { kind: 'merge', work, more: { queued, covers } }, policy);
    }
    case 'not-verified':
      return afterNotVerified(life, state, outcome);
    case 'withdrawn':
      return {
        ...life,
        state: { status: 'cancelled', reason: reason('cancelled', 'withdrawn from the queue') },
      };
    case 'returned':
      return afterReturn(life, state.work, outcome.feedback, event.once === true);
  }
}

/** A person may let the setup have the network; if policy lets nobody be asked, or they were, that is the end. */
function afterNotVerified(
  life: UnitLife,
  state: StateOf<'queued'>,
  { output, egress }: Extract<QueueOutcome, { status: 'not-verified' }>,
): UnitLife {
  const { status: _, ...queued } = state;
  const answered = [...(life.egress?.granted ?? []), ...(life.egress?.refused ?? [])];
  const mayAsk = egress !== undefined && !answered.includes(egress.wish.key);
  if (!mayAsk || egress.verdict.decide === 'deny')
    return fail(life, reason('not-verified', explainNotVerified(output)));
  return ask(life, { kind: 'egress', feedback: null, wish: egress.wish, output, queued }, egress.verdict.policy);
}

/** The end of the output says what was missing. */
function explainNotVerified(output: string): string {
  const said = output.trimEnd().split('\n').slice(-3).join('\n').slice(-400);
  return `the setup fails without the network, which policy does not let it have, so nobody knows whether the result is good; a rule of coppice.yaml on the target can allow it (policy: [{ action: egress, decide: allow }]), then \`coppice retry\`. It ended with: ${said}`;
}

function afterReturn(life: UnitLife, work: FinishedWork, feedback: Feedback, once: boolean): UnitLife {
  const { returns, traces = [] } = life;
  const trace = traceOf(feedback);
  const noEnd = (once && returns.length > 0) || hasNoEnd(traces, returns.length, trace);
  const before = noEnd ? life : countSettled(life, work);
  const returned = { ...before, returns: [...returns, feedback.kind], traces: [...traces, trace] };
  if (noEnd) return fail(returned, explainFeedback(feedback));
  return { ...returned, state: { status: 'ready', feedback } };
}

/** A conflict is settled by the agent when the queue has merged its work, and it has not just left what it found. */
function countSettled(life: UnitLife, { kept = [] }: FinishedWork): UnitLife {
  if (life.settled === undefined || life.returns.at(-1) !== 'conflict' || kept.length > 0) return life;
  return { ...life, settled: life.settled + 1 };
}

function listConflicts(feedback: Extract<Feedback, { kind: 'conflict' }>): string {
  return conflictsOf(feedback).slice(0, 5).map(describeConflict).join(', ');
}

function explainFeedback(feedback: Feedback): string {
  switch (feedback.kind) {
    case 'conflict':
      return reason('conflict', `with the target in ${listConflicts(feedback)}`);
    case 'verification':
      return reason('verification-failed', `${feedback.command} fails on the target with this change`);
  }
}

function addSeconds(life: UnitLife, event: UnitEvent, now: number): UnitRecord['seconds'] {
  const passed = Math.max(0, now - life.since) / 1000;
  const { seconds } = life;
  switch (life.state.status) {
    case 'working': {
      // One that was cut may not have begun at all.
      const most = event.type === 'slice-ended' ? event.slice.seconds : event.type === 'slice-cut' ? 0 : passed;
      const work = Math.min(passed, most);
      return { ...seconds, work: seconds.work + work, slot: seconds.slot + passed - work };
    }
    case 'asking':
      return { ...seconds, human: seconds.human + passed };
    case 'queued':
      return { ...seconds, queue: seconds.queue + passed };
    default:
      return { ...seconds, slot: seconds.slot + passed };
  }
}

function fail(life: UnitLife, why: string): UnitLife {
  return { ...life, state: { status: 'failed', reason: why } };
}

function illegal(state: UnitState, event: UnitEvent): Error {
  return new Error(`a unit that is ${state.status} cannot take the event ${event.type}`);
}
