// A unit's state and what can happen to it: data only, and how it begins. What events do to it is in life.ts.

import type { LargeFile } from '../../contracts/large-file.ts';
import { noTotals } from '../money/usage.ts';
import type { QueueOutcome } from '../../contracts/messages/unit.ts';
import type { ApprovalPolicy, ApprovalView, AskVerdict, Consent } from '../../contracts/approval.ts';
import type { UnitTotals } from '../../contracts/usage.ts';
import type { UnitDecision, UnitEnd, UnitRecord } from '../../contracts/documents/records.ts';
import type {
  Allowance,
  EgressNeed,
  Feedback,
  FinishedWork,
  PersonMessage,
  SliceResult,
} from '../../contracts/activities/agent.ts';

export interface QueuedWork {
  readonly work: FinishedWork;
  readonly approvedBy: readonly string[];
  readonly consents: readonly Consent[];
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
      readonly wish: EgressNeed;
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
  /** What each of them was, to know it again, and how many conflicts were settled. */
  readonly traces: readonly string[];
  readonly settled: number;
  readonly totals: UnitTotals;
  readonly seconds: UnitRecord['seconds'];
  readonly decisions: readonly UnitDecision[];
  /** What people said that no slice has brought to the agent yet. */
  readonly words: readonly PersonMessage[];
  /** What people have added to its budget, USD. */
  readonly toppedUpUsd: number;
  /** Of its newest result; absent = there is none. */
  readonly largeFiles?: readonly LargeFile[];
  /** Conflicts in this result and those before it that were left as a merge made them, and not changed since. */
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
  /** It was told to leave and could not say how far it came. */
  | { readonly type: 'slice-cut' }
  | { readonly type: 'slice-failed'; readonly message: string }
  | { readonly type: 'woken' }
  | { readonly type: 'approval-ended'; readonly view: ApprovalView }
  | { readonly type: 'queue-answered'; readonly outcome: QueueOutcome }
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

export function hasEnded(state: UnitState): state is UnitEnd {
  return state.status === 'landed' || state.status === 'failed' || state.status === 'cancelled';
}

export type StateOf<Status extends UnitState['status']> = Extract<UnitState, { status: Status }>;
