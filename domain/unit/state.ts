// A unit's state and its events: data only, and the initial state. life.ts says what events do to it.

import type { ChangeSize } from '../../contracts/change-size.ts';
import type { NoReview, ReviewRecord } from '../../contracts/review.ts';
import type { LargeFile } from '../../contracts/large-file.ts';
import type { AllowedCall, ToolRequest } from '../../contracts/tool-request.ts';
import { noTotals } from '../money/usage.ts';
import type { BriefResult, Resolution } from '../../contracts/activities/conflict.ts';
import type { ConflictBrief } from '../../contracts/conflict.ts';
import type { QueueOutcome } from '../../contracts/messages/unit.ts';
import type { ApprovalPolicy, ApprovalView, AskVerdict, Consent, PlanRequest } from '../../contracts/approval.ts';
import type { UnitTotals } from '../../contracts/usage.ts';
import type { UnitDecision, UnitEnd, UnitRecord } from '../../contracts/documents/records.ts';
import type {
  Allowance,
  DoneOutcome,
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
  | {
      readonly status: 'ready';
      readonly feedback: Feedback | null;
      readonly handedBack?: true;
      /** What there is to land if the run grants nothing more: only its review is missing. */
      readonly finished?: DoneOutcome;
      /** A person's own result, which is judged next, without the agent. */
      readonly resolution?: Resolution & {
        /** What the person was asked; absent = the unit had failed. */
        readonly asked?: { readonly ask: ConflictAsk; readonly policy: ApprovalPolicy };
      };
    }
  | {
      readonly status: 'working';
      readonly feedback: Feedback | null;
      readonly allowance: Allowance;
      /** Calls that people have allowed for the whole run; absent = none. */
      readonly allowedCalls?: readonly AllowedCall[];
      /** Messages that the slice delivers to the agent. */
      readonly words: readonly PersonMessage[];
      /** The slice before this one was interrupted by its host or by people, so this one is first in line for a slot. */
      readonly handedBack?: true;
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
      /** The queue demands more consent than people have given. */
      readonly more?: { readonly queued: QueuedWork; readonly covers: string };
    }
  /** May the run begin with this plan? */
  | { readonly kind: 'plan'; readonly request: PlanRequest }
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
  /** May the agent run this? */
  | { readonly kind: 'tool'; readonly feedback: Feedback | null; readonly request: ToolRequest }
  /** May a setup use the network, given what the unit has changed? */
  | {
      readonly kind: 'egress';
      readonly feedback: Feedback | null;
      readonly wish: EgressNeed;
      readonly output: string;
      /** Work that the queue could not verify; null = a host asks in the middle of the work. */
      readonly queued: QueuedWork | null;
    }
  | {
      readonly kind: 'conflict';
      readonly feedback: Feedback;
      /** What the unit fails with if people say no. */
      readonly problem: string;
      readonly brief: ConflictBrief;
      /** Why a person's resolution was not taken. */
      readonly refused?: string;
    };

/** The agent makes no progress with what the queue has returned. */
export type ConflictAsk = Extract<UnitAsk, { kind: 'conflict' }>;

export interface UnitLife {
  readonly state: UnitState;
  /** When the state began, milliseconds since the epoch. */
  readonly since: number;
  /** Slices begun. */
  readonly slices: number;
  /** How often in a row it was parked, without a turn in between. */
  readonly parked: number;
  /** Number of approvals asked for. */
  readonly approvals: number;
  /** What the queue returned, in order. */
  readonly returns: readonly Feedback['kind'][];
  /** Traces of the returns, to recognise repeats, and the number of conflicts that were settled. */
  readonly traces: readonly string[];
  readonly settled: number;
  /** Conflicts that people have resolved, and how often they told the agent to try again; absent = never. */
  readonly resolvedByPerson?: number;
  readonly triedAgain?: number;
  readonly totals: UnitTotals;
  readonly seconds: UnitRecord['seconds'];
  readonly decisions: readonly UnitDecision[];
  /** Messages that no slice has delivered to the agent yet. */
  readonly words: readonly PersonMessage[];
  /** USD that people have added to its budget. */
  readonly toppedUpUsd: number;
  /** Of what landed, or else of its newest result; absent = there is none, or an earlier release made it. */
  readonly size?: ChangeSize;
  /** Of its newest result; absent = there is none. */
  readonly largeFiles?: readonly LargeFile[];
  /** Of its newest result; absent = it was not reviewed. */
  readonly review?: ReviewRecord;
  /** Why its newest result has no review, where one is expected. */
  readonly noReview?: NoReview;
  /** Conflicts in this result and earlier ones that were left as a merge made them, and not changed since. */
  readonly kept?: readonly string[];
  /** Of what landed: commands that failed on the target already; absent = none did. */
  readonly redBefore?: readonly string[];
  /** Keys of network requests; absent = nobody was asked. */
  readonly egress?: { readonly granted: readonly string[]; readonly refused: readonly string[] };
  /** Calls that people have allowed for the rest of the unit; absent = none. */
  readonly allowedCalls?: readonly AllowedCall[];
}

export type UnitEvent =
  | { readonly type: 'granted'; readonly allowance: Allowance; readonly allowedCalls?: readonly AllowedCall[] }
  /** `limitUsd` is spent; `verdict` says whether people may add to it. */
  | { readonly type: 'budget-spent'; readonly limitUsd: number; readonly verdict: AskVerdict }
  | { readonly type: 'refused'; readonly reason: string }
  /** `help`: what people need if the agent makes no progress; absent = they cannot be asked. */
  | { readonly type: 'slice-ended'; readonly slice: SliceResult; readonly help?: BriefResult }
  /** A person's result was judged. */
  | { readonly type: 'resolution-judged'; readonly slice: SliceResult }
  /** The slice had to leave and could not report its progress. */
  | { readonly type: 'slice-cut' }
  | { readonly type: 'slice-failed'; readonly message: string }
  | { readonly type: 'woken' }
  | { readonly type: 'approval-ended'; readonly view: ApprovalView }
  | {
      readonly type: 'plan-replaced';
      readonly request: PlanRequest;
      readonly policy: ApprovalPolicy | null;
      readonly view?: ApprovalView;
    }
  | { readonly type: 'queue-answered'; readonly outcome: QueueOutcome; readonly help?: BriefResult }
  | { readonly type: 'cancelled'; readonly reason: string };

/** With a resolution, a unit that failed begins with that instead of with its agent. */
export function beginUnit(now: number, resolution?: Resolution): UnitLife {
  return {
    state: { status: 'ready', feedback: null, ...(resolution === undefined ? {} : { resolution }) },
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

const ended: ReadonlySet<UnitState['status']> = new Set(['landed', 'planned', 'failed', 'cancelled']);

export function hasEnded(state: UnitState): state is UnitEnd {
  return ended.has(state.status);
}

export type StateOf<Status extends UnitState['status']> = Extract<UnitState, { status: Status }>;
