// The activity that works on a unit for a while, on any host: what it gets, and what comes of it.

import type { LargeFile } from '../large-file.ts';
import type { AskVerdict, MergeVerdict } from '../approval.ts';
import type { Conflict } from '../conflict.ts';
import type { RunContext } from '../documents/plan.ts';
import type { Sha, UnitId } from '../ids.ts';
import type { UnitTotals } from '../usage.ts';

/** What one slice may spend, granted by the run; USD, null = no budget applies. */
export interface Allowance {
  readonly usd: number | null;
  /** What the unit may spend from now on by its own budget, this slice's part included. */
  readonly unitUsd: number | null;
  /** Tokens and answers of the model, out of what the run may use; null = no limit. */
  readonly tokens: number | null;
  readonly turns: number | null;
  /** Until the run has taken all its time; not an instant, because clocks of hosts differ. Null = no limit. */
  readonly seconds: number | null;
}

/** Why a unit's result came back from the queue; becomes one user message of the same conversation. */
export type Feedback =
  | {
      readonly kind: 'conflict';
      readonly onto: Sha;
      /** The result that was sent back. */
      readonly result: Sha;
      /** At most `conflictsShown`; the kinds are in `conflicts`, which queues of before did not send. */
      readonly paths: readonly string[];
      readonly conflicts?: readonly Conflict[];
    }
  | {
      readonly kind: 'verification';
      readonly onto: Sha;
      readonly result: Sha;
      readonly command: string;
      readonly output: string;
      /** Lock files that both sides have changed and that were merged line by line; absent = there is none. */
      readonly locks?: readonly string[];
    };

/** A setup that fails without the network, with what a unit has changed of its inputs: what people may allow. */
export interface EgressNeed {
  /** Names the command and the changed inputs: consent counts for exactly these, on any host and in the queue. */
  readonly key: string;
  readonly command: string;
  /** At most 50 of the changed paths that the setup reads, and how many there are. */
  readonly paths: readonly string[];
  readonly pathCount: number;
}

export interface EgressRequest {
  readonly wish: EgressNeed;
  readonly verdict: AskVerdict;
}

/** What a person said to a unit: a message, or the answer to a question of its agent. */
export interface PersonMessage {
  /** Taken once, however often it comes. */
  readonly id: string;
  /** Who, for the agent. */
  readonly by: string;
  /** Null = the question was not answered. */
  readonly text: string | null;
  /** The tool call that asked; null = a message. */
  readonly call: string | null;
}

/** Why a slice is to leave its host: `after-turn` finishes the turn first, `now` stops its commands, too. */
export type StopRequest = 'go-on' | 'after-turn' | 'now' | 'cancel';

export interface SliceInput {
  readonly context: RunContext;
  readonly unit: UnitId;
  /** Times that the unit was begun anew: a session of an earlier time is not continued. */
  readonly retry: number;
  /** Counted from 1 over the unit's life; with `retry` and the activity's attempt it names who owns the checkpoint ref. */
  readonly slice: number;
  /** USD that the unit may have spent in all when this slice ends; null = no limit. A total, so that a second attempt at the slice does not get it twice. */
  readonly spendUpToUsd: number | null;
  /** USD that the unit may spend in all its life as things stand, to tell the agent when it has little left; null = no limit. */
  readonly limitUsd: number | null;
  /** Tokens and answers that the unit may have used in all when this slice ends; null = no limit. */
  readonly tokensUpTo: number | null;
  readonly turnsUpTo: number | null;
  /** How long this slice may take; null = no limit. */
  readonly seconds: number | null;
  /** What hosts have worked on the unit before this slice. */
  readonly workedSeconds: number;
  readonly feedback: Feedback | null;
  /** Keys of the wishes for the network that people have granted and refused; absent = none. */
  readonly egress?: { readonly granted: readonly string[]; readonly refused: readonly string[] };
  /** In order; those that are in the journal already are not said again. */
  readonly words: readonly PersonMessage[];
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
  /** At most 50 of the changed paths, and how many there are. */
  readonly changed: readonly string[];
  readonly changedCount: number;
  /** Paths that were in conflict without markers, and that the agent has left as the merge made them. */
  readonly kept?: readonly string[];
  /** At most 10, the largest first; absent = there is none. */
  readonly largeFiles?: readonly LargeFile[];
}

export type SliceOutcome =
  | ({ readonly status: 'done'; readonly verdict: MergeVerdict } & FinishedWork)
  /** The host is going away, or somebody wants a word with the unit; the next slice continues from here, anywhere. */
  | { readonly status: 'drained' }
  /** The model cannot be asked for a while. */
  | Parked
  /** The allowance is spent. */
  | { readonly status: 'budget' }
  /** The agent asks a person; `call` is its tool call, which has no result yet. */
  | { readonly status: 'question'; readonly call: string; readonly question: string; readonly verdict: AskVerdict }
  /** The setup fails without the network after what the unit has changed; `output` is how. */
  | ({ readonly status: 'egress'; readonly output: string } & EgressRequest)
  /** The model's server refuses this host's key, or wants money: a person must act. */
  | { readonly status: 'credential'; readonly problem: string }
  /** The unit cannot get further; `reason` starts with a stable code. */
  | { readonly status: 'failed'; readonly reason: string };

export interface SliceResult {
  readonly outcome: SliceOutcome;
  readonly totals: UnitTotals;
  /** How long the host worked on this slice; the rest of the activity's time was waiting for a slot. */
  readonly seconds: number;
}

/** The cursor in a slice's heartbeats; `status` reads it from the pending activity. */
export interface SliceHeartbeat {
  readonly host: string;
  readonly turn: number;
  readonly checkpoint: Sha | null;
  readonly costUsd: number;
  /** A call after this turn was cut off by a host's death, and is not in the journal yet. */
  readonly uncharged?: number | null;
  /** Attempts at the slice so far that ended in an unexpected error. */
  readonly failures?: number;
  /** Attempts in a row whose hosts have died, all of them in this turn. */
  readonly deaths?: { readonly turn: number; readonly inARow: number };
  /** The attempt has ended in an error; without this it has died. */
  readonly settled?: true;
  /** A call to the model is in flight, and its answer is in no checkpoint yet: it is charged when the host dies. */
  readonly modelCall: boolean;
  /** One short line for people: `thinking`, `bash: npm test`, `check: lint`, … Nothing is decided by it. */
  readonly doing: string;
}

export interface AgentActivities {
  runSlice(input: SliceInput): Promise<SliceResult>;
}
