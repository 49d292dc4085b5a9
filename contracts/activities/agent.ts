// The activity that runs one slice of a unit, on any host: its input and its result.

import type { ChangePreview } from '../change-preview.ts';
import type { ChangeSize } from '../change-size.ts';
import type { LargeFile } from '../large-file.ts';
import type { AskVerdict, MergeVerdict, PlanRequest } from '../approval.ts';
import type { Conflict } from '../conflict.ts';
import type { AllowedCall, CallDecision, ToolRequest } from '../tool-request.ts';
import type { NoReview, Review } from '../review.ts';
import type { RunContext } from '../documents/plan.ts';
import type { Sha, UnitId } from '../ids.ts';
import type { UnitTotals } from '../usage.ts';

/** What one slice may spend, granted by the run; USD, null = no budget applies. */
export interface Allowance {
  readonly usd: number | null;
  /** USD left of the unit's own budget, this slice included; null = no limit. */
  readonly unitUsd: number | null;
  /** Tokens and model answers, taken from the run's limits; null = no limit. */
  readonly tokens: number | null;
  readonly turns: number | null;
  /** Until the run's time is up. A duration, not an instant, because host clocks differ. Null = no limit. */
  readonly seconds: number | null;
}

/** Why the queue returned a unit's result; becomes one user message of the same conversation. */
export type Feedback =
  | {
      readonly kind: 'conflict';
      readonly onto: Sha;
      /** The result that was returned. */
      readonly result: Sha;
      /** At most `conflictsShown`. `conflicts` adds the kinds; queues of earlier releases did not send it. */
      readonly paths: readonly string[];
      readonly conflicts?: readonly Conflict[];
    }
  | {
      readonly kind: 'verification';
      readonly onto: Sha;
      readonly result: Sha;
      readonly command: string;
      readonly output: string;
      /** Lock files that both sides changed and that were merged line by line; absent = none. */
      readonly locks?: readonly string[];
    };

/** A setup that fails without the network after the unit changed its inputs: what people may allow. */
export interface EgressNeed {
  /** Names the command and the changed inputs: consent covers exactly these, on any host and in the queue. */
  readonly key: string;
  readonly command: string;
  /** At most 50 of the changed paths that the setup reads, and their total number. */
  readonly paths: readonly string[];
  readonly pathCount: number;
}

export interface EgressRequest {
  readonly wish: EgressNeed;
  readonly verdict: AskVerdict;
}

/** A person's message to a unit, or the answer to a question of its agent. */
export interface PersonMessage {
  /** Each id is taken once; repeats are ignored. */
  readonly id: string;
  /** The person's name, shown to the agent. */
  readonly by: string;
  /** Null = the question was not answered. */
  readonly text: string | null;
  /** The tool call that asked; null = a message. */
  readonly call: string | null;
  /** Whether that call may run; `text` is the reason if not. Absent = it was a question. */
  readonly decision?: CallDecision;
}

/** How a slice should leave its host: `after-turn` finishes the turn first; `now` also stops its commands. */
export type StopRequest = 'go-on' | 'after-turn' | 'now' | 'cancel';

export interface SliceInput {
  readonly context: RunContext;
  readonly unit: UnitId;
  /** How often the unit was retried; a session from before a retry is not continued. */
  readonly retry: number;
  /**
   * Counted from 1 over the unit's life. With `retry` and the activity's attempt it identifies the owner of the
   * checkpoint ref.
   */
  readonly slice: number;
  /**
   * USD that the unit may have spent in total when this slice ends; null = no limit. A total, so that a second attempt
   * does not get the allowance twice.
   */
  readonly spendUpToUsd: number | null;
  /**
   * USD that the unit may currently spend over its whole life, so that the agent can be warned when little is left;
   * null = no limit.
   */
  readonly limitUsd: number | null;
  /** Tokens and model answers that the unit may have used in total when this slice ends; null = no limit. */
  readonly tokensUpTo: number | null;
  readonly turnsUpTo: number | null;
  /** How long this slice may take; null = no limit. */
  readonly seconds: number | null;
  /** Seconds that hosts worked on the unit before this slice. */
  readonly workedSeconds: number;
  readonly feedback: Feedback | null;
  /** Keys of the network requests that people have granted and refused; absent = none. */
  readonly egress?: { readonly granted: readonly string[]; readonly refused: readonly string[] };
  /** Calls that people have allowed for good; absent = none. */
  readonly allowedCalls?: readonly AllowedCall[];
  /** In order; messages that are already in the journal are not repeated. */
  readonly words: readonly PersonMessage[];
  /** How often people have said to try again: each time, the agent gets as much patience as before. Absent = never. */
  readonly triedAgain?: number;
}

/** Why a slice gave its slot back, and how long the model's server asked to wait; null = it named no time. */
export interface Parked {
  readonly status: 'parked';
  readonly retryAfterSeconds: number | null;
  /** One line for people. */
  readonly reason: string;
}

/** `result` is one commit on `base`, reachable from the unit's checkpoint ref on the state remote. */
export interface FinishedWork {
  readonly result: Sha;
  readonly base: Sha;
  /** At most 50 of the changed paths, and their total number. */
  readonly changed: readonly string[];
  readonly changedCount: number;
  /** Absent in results of earlier releases. */
  readonly size?: ChangeSize;
  /** Paths in conflict without markers that the agent left as the merge made them. */
  readonly kept?: readonly string[];
  /** At most 10, the largest first; absent = none. */
  readonly largeFiles?: readonly LargeFile[];
  /** The person who made it in place of the agent; absent = the agent did. */
  readonly resolvedBy?: string;
  /** Of exactly this result; absent = it was not reviewed. */
  readonly review?: Review;
  /** Why there is no review, where the configuration expects one; absent = there is one, or none is expected. */
  readonly noReview?: NoReview;
  /** Where people are asked about it. */
  readonly preview?: ChangePreview;
}

export interface DoneOutcome extends FinishedWork {
  readonly status: 'done';
  readonly verdict: MergeVerdict;
}

export type SliceOutcome =
  | DoneOutcome
  /** A planner has made a plan. */
  | { readonly status: 'planned'; readonly request: PlanRequest; readonly verdict: MergeVerdict }
  /**
   * The host is draining, or a pause or a message interrupts the slice; the next one continues from here, on any host,
   * and goes before all slices that wait for a slot.
   */
  | { readonly status: 'drained' }
  /** The model cannot be asked for a while. */
  | Parked
  /**
   * The allowance is spent. `finished`: what there is to land if nothing more is granted, because only the review of the
   * work goes on.
   */
  | { readonly status: 'budget'; readonly finished?: DoneOutcome }
  /** The agent asks a person; `call` is its tool call, which has no result yet. */
  | { readonly status: 'question'; readonly call: string; readonly question: string; readonly verdict: AskVerdict }
  /** The agent calls a tool that people must allow. */
  | { readonly status: 'tool'; readonly request: ToolRequest; readonly verdict: AskVerdict }
  /** The setup fails without the network after the unit's changes; `output` shows how. */
  | ({ readonly status: 'egress'; readonly output: string } & EgressRequest)
  /** The model's server refuses this host's key or demands payment: a person must act. */
  | { readonly status: 'credential'; readonly problem: string }
  /** The unit cannot continue; `reason` starts with a stable code. */
  | { readonly status: 'failed'; readonly reason: string };

export interface SliceResult {
  readonly outcome: SliceOutcome;
  readonly totals: UnitTotals;
  /** How long the host worked on this slice; the rest of the activity's time was waiting for a slot. */
  readonly seconds: number;
}

/** The progress in a slice's heartbeats; `status` reads it from the pending activity. */
export interface SliceHeartbeat {
  readonly host: string;
  readonly turn: number;
  readonly checkpoint: Sha | null;
  readonly costUsd: number;
  /** A host died during a call after this turn; the journal does not hold that call yet. */
  readonly uncharged?: number | null;
  /** Attempts at the slice so far that ended in an unexpected error. */
  readonly failures?: number;
  /** Consecutive attempts whose hosts died, all of them in this turn. */
  readonly deaths?: { readonly turn: number; readonly inARow: number };
  /** The attempt ended in an error; absent = it died. */
  readonly settled?: true;
  /** A model call is in flight and no checkpoint holds its answer yet: it is charged if the host dies. */
  readonly modelCall: boolean;
  /** The host drains, so the unit leaves it after the turn in flight; absent = it does not. */
  readonly draining?: true;
  /** One short line for people: `thinking`, `bash: npm test`, `check: lint`, … No decision depends on it. */
  readonly doing: string;
}

export interface AgentActivities {
  runSlice(input: SliceInput): Promise<SliceResult>;
}
