// The life of one unit: a pure state machine. The unit workflow performs what the state calls for and feeds back what
// happened; nothing else changes a unit.
//
//   ready   → working            the run granted an allowance
//           → failed             the budget is spent
//   working → queued             done, and policy allows the landing
//           → asking             done, and policy wants a person
//           → ready              drained: the next slice goes on elsewhere
//           → parked             the model cannot be asked for a while
//           → failed             the agent could not, or policy denies
//   parked  → ready              the time has come
//   asking  → queued | failed    approved; denied or expired
//   queued  → landed             the result is on the target
//           → ready              sent back once by the queue, with its feedback, into the same conversation
//           → failed             sent back again, or the remote refused
//   any     → cancelled          unless it has ended
//
// `landed`, `failed` and `cancelled` are final.

import type { Feedback, SliceResult, UnitTotals, Usage } from './activity-contracts.ts';
import type { ApprovalPolicy, ApprovalView } from './approval.ts';
import type { QueueOutcome, UnitDecision, UnitEnd, UnitRecord } from './messages.ts';
import type { Sha } from './ids.ts';
import { parkedFor } from './parking.ts';
import { describeEnd } from './approval.ts';
import { reason } from './failures.ts';

/** How often the queue may send a unit back before the unit fails. */
const returnsAllowed = 1;

interface FinishedWork {
  readonly result: Sha;
  readonly base: Sha;
  /** At most 50 of the changed paths, and how many there are. */
  readonly changed: readonly string[];
  readonly changedCount: number;
}

export type UnitState =
  | { readonly status: 'ready'; readonly feedback: Feedback | null }
  | { readonly status: 'working'; readonly feedback: Feedback | null; readonly usd: number | null }
  /** `until`: milliseconds since the epoch. */
  | { readonly status: 'parked'; readonly feedback: Feedback | null; readonly until: number; readonly why: string }
  | { readonly status: 'asking'; readonly work: FinishedWork; readonly policy: ApprovalPolicy }
  | {
      readonly status: 'queued';
      readonly work: FinishedWork;
      readonly approvedBy: readonly string[];
    }
  | UnitEnd;

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
  readonly totals: UnitTotals;
  readonly seconds: UnitRecord['seconds'];
  readonly decisions: readonly UnitDecision[];
}

export type UnitEvent =
  | { readonly type: 'granted'; readonly usd: number | null }
  | { readonly type: 'budget-spent' }
  | { readonly type: 'slice-ended'; readonly slice: SliceResult }
  | { readonly type: 'slice-failed'; readonly message: string }
  | { readonly type: 'woken' }
  | { readonly type: 'approval-ended'; readonly view: ApprovalView }
  | { readonly type: 'queue-answered'; readonly outcome: QueueOutcome }
  | { readonly type: 'cancelled'; readonly reason: string };

export const noTotals: UnitTotals = {
  turns: 0,
  usage: { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 },
  costUsd: 0,
  estimated: false,
  hosts: [],
};

export function beginUnit(now: number): UnitLife {
  return {
    state: { status: 'ready', feedback: null },
    since: now,
    slices: 0,
    parked: 0,
    approvals: 0,
    returns: [],
    totals: noTotals,
    seconds: { slot: 0, work: 0, human: 0, queue: 0 },
    decisions: [],
  };
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
    conflicts: {
      met,
      resolvedByAgent: life.state.status === 'landed' ? Math.min(met, returnsAllowed) : 0,
    },
  };
}

export function addUsage(a: Usage, b: Usage): Usage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    cacheReadTokens: a.cacheReadTokens + b.cacheReadTokens,
    cacheWriteTokens: a.cacheWriteTokens + b.cacheWriteTokens,
  };
}

type StateOf<Status extends UnitState['status']> = Extract<UnitState, { status: Status }>;

function afterReady(life: UnitLife, state: StateOf<'ready'>, event: UnitEvent): UnitLife {
  switch (event.type) {
    case 'granted':
      return {
        ...life,
        slices: life.slices + 1,
        state: { status: 'working', feedback: state.feedback, usd: event.usd },
      };
    case 'budget-spent':
      return fail(life, reason('budget', 'nothing is left to spend'));
    default:
      throw illegal(state, event);
  }
}

function afterWorking(life: UnitLife, state: StateOf<'working'>, event: UnitEvent, now: number): UnitLife {
  if (event.type === 'slice-failed') return fail(life, reason('error', event.message));
  if (event.type !== 'slice-ended') throw illegal(state, event);
  const { outcome, totals } = event.slice;
  const settled = { ...life, totals };
  switch (outcome.status) {
    case 'done':
      return afterDone(settled, outcome);
    case 'drained':
      return { ...settled, state: { status: 'ready', feedback: state.feedback } };
    case 'parked': {
      const parked = totals.turns > life.totals.turns ? 1 : life.parked + 1;
      const until = now + parkedFor(outcome, parked) * 1000;
      const { feedback } = state;
      return { ...settled, parked, state: { status: 'parked', feedback, until, why: outcome.reason } };
    }
    case 'budget':
      return fail(settled, reason('budget', `the allowance is spent after $${totals.costUsd.toFixed(2)}`));
    case 'failed':
      return fail(settled, outcome.reason);
  }
}

function afterDone(life: UnitLife, done: Extract<SliceResult['outcome'], { status: 'done' }>): UnitLife {
  const work = {
    result: done.result,
    base: done.base,
    changed: done.changed,
    changedCount: done.changedCount,
  };
  const { verdict } = done;
  switch (verdict.decide) {
    case 'allow':
      return { ...life, state: { status: 'queued', work, approvedBy: [] } };
    case 'ask':
      return {
        ...life,
        approvals: life.approvals + 1,
        state: { status: 'asking', work, policy: verdict.policy },
      };
    case 'deny':
      return fail(life, reason('denied', `policy does not allow it (${verdict.rule})`));
  }
}

function afterAsking(life: UnitLife, state: StateOf<'asking'>, event: UnitEvent, now: number): UnitLife {
  if (event.type !== 'approval-ended') throw illegal(state, event);
  const { view } = event;
  if (view.status === 'open') throw illegal(state, event);
  const decided = { ...life, decisions: [...life.decisions, decisionOf(view, view.status, now)] };
  switch (view.status) {
    case 'approved':
      return {
        ...decided,
        state: {
          status: 'queued',
          work: state.work,
          approvedBy: view.votes.map((vote) => vote.by.name),
        },
      };
    case 'denied': {
      const why = view.votes.at(-1)?.reason;
      return fail(decided, reason('denied', describeEnd(view) + (why ? `: ${why}` : '')));
    }
    case 'expired':
      return fail(decided, reason('expired', 'nobody decided in time'));
    case 'cancelled':
      return {
        ...decided,
        state: { status: 'cancelled', reason: reason('cancelled', 'its approval was cancelled') },
      };
  }
}

function afterQueued(life: UnitLife, state: StateOf<'queued'>, event: UnitEvent): UnitLife {
  if (event.type !== 'queue-answered') throw illegal(state, event);
  const { outcome } = event;
  switch (outcome.status) {
    case 'landed':
      return { ...life, state: { status: 'landed', commit: outcome.commit } };
    case 'refused':
      return fail(life, outcome.reason);
    case 'withdrawn':
      return {
        ...life,
        state: { status: 'cancelled', reason: reason('cancelled', 'withdrawn from the queue') },
      };
    case 'returned': {
      const returned = { ...life, returns: [...life.returns, outcome.feedback.kind] };
      if (life.returns.length >= returnsAllowed) return fail(returned, explainFeedback(outcome.feedback));
      return { ...returned, state: { status: 'ready', feedback: outcome.feedback } };
    }
  }
}

function explainFeedback(feedback: Feedback): string {
  switch (feedback.kind) {
    case 'conflict':
      return reason('conflict', `with the target in ${feedback.paths.slice(0, 5).join(', ')}`);
    case 'verification':
      return reason('verification-failed', `${feedback.command} fails on the target with this change`);
  }
}

function decisionOf(view: ApprovalView, decision: UnitDecision['decision'], now: number): UnitDecision {
  const vote = view.votes.at(-1);
  return {
    id: view.id,
    kind: view.kind,
    decision,
    by: vote?.by.name ?? null,
    channel: vote?.by.channel ?? null,
    at: vote?.at ?? new Date(now).toISOString(),
    reason: vote?.reason ?? null,
  };
}

function addSeconds(life: UnitLife, event: UnitEvent, now: number): UnitRecord['seconds'] {
  const passed = Math.max(0, now - life.since) / 1000;
  const { seconds } = life;
  switch (life.state.status) {
    case 'working': {
      const work = event.type === 'slice-ended' ? Math.min(passed, event.slice.seconds) : passed;
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
