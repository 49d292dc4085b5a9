// What workflows ask of activities: inputs and results, as data. Workflows see only these types; activities implement
// them. Everything here travels through Temporal's history, so it is ids, numbers and short texts, never content.

import type { ApprovalCard, ApprovalPolicy, PrivateReply } from './approval.ts';
import type { Conflict } from './conflicts.ts';
import type { Consent } from './consent.ts';
import type { AskVerdict, MergeVerdict } from './policy.ts';
import type { RunContext } from './plan.ts';
import type { Parked } from './parking.ts';
import type { QueueMessage } from './messages.ts';
import type { RecordedUnit, ReportData } from './report.ts';
import type { TryResult } from './try-target.ts';
import type { Sha, UnitId } from './ids.ts';

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
      /** The result that was sent back. Here and below absent from queues of before. */
      readonly result?: Sha;
      /** At most `conflictsShown`; the kinds are in `conflicts`, which queues of before did not send. */
      readonly paths: readonly string[];
      readonly conflicts?: readonly Conflict[];
    }
  | {
      readonly kind: 'verification';
      readonly onto: Sha;
      readonly result?: Sha;
      readonly command: string;
      readonly output: string;
      /** Lock files that both sides have changed and that were merged line by line; absent = there is none. */
      readonly locks?: readonly string[];
    };

/** A new binary file, or one that has grown beyond a megabyte. */
export interface LargeFile {
  readonly path: string;
  readonly bytes: number;
  readonly binary: boolean;
}

/** A setup that fails without the network, with what a unit has changed of its inputs: what people may allow. */
export interface EgressWish {
  /** Names the command and the changed inputs: consent counts for exactly these, on any host and in the queue. */
  readonly key: string;
  readonly command: string;
  /** At most 50 of the changed paths that the setup reads, and how many there are. */
  readonly paths: readonly string[];
  readonly pathCount: number;
}

export interface EgressRequest {
  readonly wish: EgressWish;
  readonly verdict: AskVerdict;
}

/** What a person said to a unit: a message, or the answer to a question of its agent. */
export interface Word {
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
export type SliceOrder = 'go-on' | 'after-turn' | 'now' | 'cancel';

export interface SliceInput {
  readonly context: RunContext;
  readonly unit: UnitId;
  /** Times that the unit was begun anew: a session of an earlier time is not gone on with. */
  readonly retry: number;
  /** Counted from 1 over the unit's life; with `retry` and the activity's attempt it names who owns the checkpoint ref. */
  readonly slice: number;
  /** USD that the unit may have spent in all when this slice ends; null = no limit. A total, so that a second attempt at the slice does not get it twice. */
  readonly spendUpToUsd: number | null;
  /** USD that the unit may spend in all its life as things stand, to tell the agent when it has little left; null = no limit. */
  readonly limitUsd: number | null;
  /** Tokens and answers that the unit may have used in all when this slice ends. Like `seconds` absent from orchestrators of before. */
  readonly tokensUpTo?: number | null;
  readonly turnsUpTo?: number | null;
  /** How long this slice may take. */
  readonly seconds?: number | null;
  /** What hosts have worked on the unit before this slice. */
  readonly workedSeconds: number;
  readonly feedback: Feedback | null;
  /** Keys of the wishes for the network that people have granted and refused; absent = none. */
  readonly egress?: { readonly granted: readonly string[]; readonly refused: readonly string[] };
  /** In order; those that are in the journal already are not said again. */
  readonly words: readonly Word[];
}

/** Tokens as the Messages API counts them; `inputTokens` excludes what the cache served or stored. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
}

/** Totals of the unit so far, from its checkpoint (not of this slice alone), so that nothing is counted twice. */
export interface UnitTotals {
  readonly turns: number;
  readonly usage: Usage;
  readonly costUsd: number;
  /** True when a call cut by a host's death was charged at its upper bound. */
  readonly estimated: boolean;
  /** Ids of the hosts that worked on the unit, in order of first appearance. */
  readonly hosts: readonly string[];
}

export type SliceOutcome =
  /** `result` is one commit on `base`, reachable from the unit's checkpoint ref on the state remote. */
  | {
      readonly status: 'done';
      readonly result: Sha;
      readonly base: Sha;
      readonly verdict: MergeVerdict;
      readonly changed: readonly string[];
      readonly changedCount: number;
      /** Paths that were in conflict without markers, and that the agent has left as the merge made them. */
      readonly kept?: readonly string[];
      /** At most 10, the largest first; absent = there is none. */
      readonly largeFiles?: readonly LargeFile[];
    }
  /** The host is going away, or somebody wants a word with the unit; the next slice goes on from here, anywhere. */
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
  readonly host: string;
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
  /** Attempts at the slice so far that ended in an error that nobody has foreseen. */
  readonly failures?: number;
  /** Attempts in a row whose hosts have died, all of them in this turn. */
  readonly deaths?: { readonly turn: number; readonly inARow: number };
  /** The attempt has ended in an error; without this it has died. */
  readonly settled?: true;
  /**
   * A call to the model is in flight, and its answer is in no checkpoint yet: it is charged when the host dies. Absent
   * from hosts older than the field; they say `thinking` in `doing`.
   */
  readonly modelCall?: boolean;
  /** One short line for people: `thinking`, `bash: npm test`, `check: lint`, … Nothing is decided by it. */
  readonly doing: string;
}

export interface AgentActivities {
  runSlice(input: SliceInput): Promise<SliceResult>;
}

/** One result on its way to the target branch, as the queue holds it. */
export interface LandingSubject {
  readonly context: RunContext;
  readonly unit: UnitId;
  readonly title: string;
  readonly result: Sha;
  readonly base: Sha;
  /** ISO 8601; the author and committer date of the candidate, so that building it again makes the same id. */
  readonly enqueuedAt: string;
  /** How often the queue has sent the unit back. Absent from units of before, who do not tell when they give up. */
  readonly returned?: number;
  /** For the `Approved-by` trailers, in order. */
  readonly approvedBy: readonly string[];
  /**
   * Who has agreed to this result. Absent from units of before: anyone in `approvedBy` agreed to all that rules asked for
   * the unit's own change.
   */
  readonly consents?: readonly Consent[];
  /** Keys of the wishes for the network that people have granted; absent = none. */
  readonly egress?: readonly string[];
}

/** What people are asked about a result whose merge changes other paths, or which the target's newest rules ask about. */
export interface MissingConsent {
  /** Those whose consent is missing. */
  readonly policy: ApprovalPolicy;
  /** At most 50 of the paths that would change, and how many there are. */
  readonly changed: readonly string[];
  readonly changedCount: number;
  /** What their consent covers beyond the result: see `Consent`. */
  readonly covers: string;
}

export type BuildResult =
  | { readonly status: 'built'; readonly target: Sha; readonly candidate: Sha; readonly tree: Sha }
  | {
      readonly status: 'conflict';
      readonly target: Sha;
      /** At most `conflictsShown`. Hosts of before sent no `conflicts`, and paths with the kind in parentheses. */
      readonly paths: readonly string[];
      readonly conflicts?: readonly Conflict[];
    }
  /** People must agree first, or agree to more. */
  | ({ readonly status: 'consent-missing'; readonly target: Sha } & MissingConsent)
  | { readonly status: 'denied'; readonly target: Sha; readonly rule: string }
  /** The target has the change already; `commit` is the target's commit that has it. */
  | { readonly status: 'already-landed'; readonly target: Sha; readonly commit: Sha };

export interface Candidate {
  readonly subject: LandingSubject;
  /** The target commit that the candidate was built on. */
  readonly target: Sha;
  readonly candidate: Sha;
}

export type VerifyResult =
  | { readonly status: 'green'; readonly host: string; readonly seconds: number }
  | {
      /** `not-verified`: the setup needs the network that policy gives to no change, so nobody knows. Never good enough to land. */
      readonly status: 'red' | 'timed-out' | 'not-verified';
      readonly host: string;
      readonly seconds: number;
      /** Name of the command that failed. */
      readonly command: string;
      /** Head and tail of its output, safe text, at most 8 KiB. */
      readonly output: string;
      /** Of `red` and `timed-out`: lock files that were merged line by line; absent = there is none. */
      readonly locks?: readonly string[];
      /** Of `not-verified`: what people may be asked; absent = nothing that they could allow. */
      readonly egress?: EgressRequest;
    };

export type LandResult =
  | { readonly status: 'landed'; readonly commit: Sha }
  /** Somebody else moved the target; nothing was changed. */
  | { readonly status: 'moved' }
  /** The remote said no (protected branch, hook); `message` is what it said. */
  | { readonly status: 'refused'; readonly message: string };

/** Run on the task queue `coppice-verify`: they need git and a sandbox, and never wait behind agents. */
export interface LandingActivities {
  buildCandidate(subject: LandingSubject): Promise<BuildResult>;
  verifyCandidate(candidate: Candidate): Promise<VerifyResult>;
  /**
   * Setup and verification of the target's tip, before a run's first unit. `unless`: the commit that was tried last; if the
   * target is still there, the answer is `unchanged`.
   */
  tryTarget(input: { context: RunContext; unless?: Sha }): Promise<TryResult>;
  landCandidate(candidate: Candidate): Promise<LandResult>;
  /** Keeps a page of what the report will say, under `refs/coppice/runs/<run>/records/<page>`; pages count from 1. */
  saveRecords(input: { context: RunContext; page: number; units: readonly RecordedUnit[] }): Promise<Sha>;
  /** Writes the report under `refs/coppice/runs/<run>/report`; answers the commit. */
  writeReport(input: { context: RunContext; data: ReportData }): Promise<Sha>;
}

/** Run on the task queue `coppice-workflows`: they need Temporal or Slack, no disk. */
export interface ControlActivities {
  /** Signal-with-start of the queue workflow, which workflow code cannot do itself. */
  tellQueue(input: { queue: string; repository: string; branch: string; message: QueueMessage }): Promise<void>;
  /** Of these units' workflows, those that are closed or unknown to the server. */
  findEndedUnits(input: { context: Pick<RunContext, 'run'>; units: readonly UnitId[] }): Promise<UnitId[]>;
  /** Posts the card once, however often it is called; null when Slack is not configured. */
  postCard(card: ApprovalCard): Promise<PostedCard | null>;
  /** Replaces the card by who, what and when; `posted` null = looks for it, and does nothing where there is none. */
  settleCard(input: { posted: PostedCard | null; card: ApprovalCard }): Promise<void>;
  /** A private line to one person about a decision that did not count. */
  replyPrivately(input: { posted: PostedCard; reply: PrivateReply }): Promise<void>;
}

export interface PostedCard {
  readonly channel: string;
  readonly ts: string;
}
