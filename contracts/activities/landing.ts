// The activities that land results, and the queue's record of a result. They run on the task queue `coppice-landing`:
// they need git alone, and wait for neither agents nor verifications. What is built here is verified elsewhere (verification.ts).

import type { ApprovalPolicy, Consent } from '../approval.ts';
import type { ChangeSize } from '../change-size.ts';
import type { Conflict } from '../conflict.ts';
import type { Review } from '../review.ts';
import type { QueueConfig } from '../documents/config.ts';
import type { RunContext } from '../documents/plan.ts';
import type { Sha, UnitId } from '../ids.ts';
import type { VerificationSource } from './verification.ts';

/** One result on its way to the target branch, as its unit hands it in. */
export interface LandingSubject {
  readonly context: RunContext;
  readonly unit: UnitId;
  readonly title: string;
  readonly result: Sha;
  readonly base: Sha;
  /** ISO 8601; the author and committer date of the candidate, so that building it again makes the same id. */
  readonly enqueuedAt: string;
  /** How often the queue has returned the unit. */
  readonly returned: number;
  /** For the `Approved-by` trailers, in order. */
  readonly approvedBy: readonly string[];
  /** Who has agreed to this result. */
  readonly consents: readonly Consent[];
  /** Keys of the network requests that people have granted; absent = none. */
  readonly egress?: readonly string[];
  /** From 1, one more with each retry of the unit; absent in messages of earlier releases. */
  readonly attempt?: number;
  /** What the unit has cost; absent in messages of earlier releases. */
  readonly costUsd?: number;
  /** What a reviewer said of this result; absent = nothing. */
  readonly review?: Review['verdict'];
}

/** The question to people when a merge changes more paths than the result, or when the target's newest rules ask. */
export interface MissingConsent {
  /** The people whose consent is missing. */
  readonly policy: ApprovalPolicy;
  /** At most 50 of the paths that would change, and their total number. */
  readonly changed: readonly string[];
  readonly changedCount: number;
  /** Of all that would change; absent from hosts of earlier releases. */
  readonly size?: ChangeSize;
  /** What the consent covers beyond the result: see `Consent`. */
  readonly covers: string;
}

/** What the queue needs of the branch tip's coppice.yaml. */
export interface QueueRules {
  readonly verify: NonNullable<QueueConfig['verify']>;
  readonly parallel: number;
  readonly batch: { readonly min: number; readonly max: number };
  readonly retries: number;
  readonly timeoutSeconds: number;
  readonly onRedBase: NonNullable<QueueConfig['onRedBase']>;
}

/** A result as a part of a train; `context` is an index into the contexts of the train. */
export interface TrainMember extends Omit<LandingSubject, 'context' | 'returned' | 'title'> {
  readonly context: number;
  /** Its unit no longer wants to land: the host only looks whether it has landed already. */
  readonly leaving?: true;
  /** It takes back this commit of the branch, which is its base and its result: what it changed is undone. */
  readonly reverts?: Sha;
  /** Of one that takes a commit back: who asked. */
  readonly requestedBy?: string;
}

export interface BuildTrainInput {
  /** The queue's id, and the number of the train in it: they name the train's ref. */
  readonly queue: string;
  readonly train: number;
  readonly contexts: readonly RunContext[];
  /** In landing order. The host takes as many as `queue.batch.max` of the target allows. */
  readonly members: readonly TrainMember[];
  /** The candidate that the train is built on; null = the branch's tip. */
  readonly on: TrainBase | null;
  /** Keys of verifications that are known to be green. */
  readonly green: readonly string[];
  /** Earlier trains that nothing needs any more. */
  readonly drop: readonly Pick<VerificationSource, 'ref' | 'commit'>[];
  /** Tip for which nothing could be built last time: if the branch is still there, nothing is built. */
  readonly unless?: Sha;
}

export interface TrainBase {
  readonly commit: Sha;
  /** The tip of the branch below it, whose coppice.yaml gives the rules. */
  readonly target: Sha;
  /** Where the commit and its verification are. */
  readonly source: VerificationSource;
  /** Null = nothing is to be verified. */
  readonly key: string | null;
}

export type MemberResult =
  | {
      readonly status: 'stacked';
      readonly commit: Sha;
      /** Of its verification, as the tip of what lands; null = nothing is to be verified. */
      readonly key: string | null;
      /** What the commit changes on the one below it. */
      readonly size: ChangeSize;
      /** It changes protected paths: nothing is built on it, nor it on others. */
      readonly solo?: true;
      /** Lock files that were merged line by line; absent = none. */
      readonly locks?: readonly string[];
    }
  | {
      readonly status: 'conflict';
      /** At most `conflictsShown`. */
      readonly conflicts: readonly Conflict[];
    }
  /** It conflicts with a candidate below it, or is the same, but not with the target. */
  | { readonly status: 'behind' }
  /** It changes protected paths, so it lands alone: once nothing is in flight. */
  | { readonly status: 'solo' }
  /** People must agree first, or agree to more. */
  | ({ readonly status: 'consent-missing' } & MissingConsent)
  | { readonly status: 'denied'; readonly rule: string }
  /** The target already has the change, in `commit`. */
  | { readonly status: 'already-landed'; readonly commit: Sha }
  /** A leaving member that has not landed. */
  | { readonly status: 'gone' }
  /** The train is full. */
  | { readonly status: 'later' };

export type BuildTrainResult =
  | {
      /** `landed`: nothing had to be verified, and the branch is at the last commit. `built`: see `source`. */
      readonly status: 'built' | 'landed';
      /** The tip of the branch below the train. */
      readonly target: Sha;
      readonly rules: QueueRules;
      /** One for each member of the input. */
      readonly members: readonly MemberResult[];
      /** Where the candidates and their verifications are; null = there are none. */
      readonly source: VerificationSource | null;
      /** The key of the target's own verification; null = nothing is to be verified. */
      readonly targetKey: string | null;
    }
  /** The branch is still where `unless` says. */
  | { readonly status: 'unchanged' }
  /** The train did not have to be verified, but the remote refused the push. */
  | { readonly status: 'refused'; readonly message: string };

export interface LandTrainInput {
  /** Any of the train's runs: it has the repository and the branch. */
  readonly context: RunContext;
  /** Those of the other runs with results in it; absent = there are none. */
  readonly others?: readonly RunContext[];
  readonly target: Sha;
  readonly commit: Sha;
  readonly source: VerificationSource;
}

export type LandResult =
  | { readonly status: 'landed' }
  /** Another push moved the target; nothing was changed. */
  | { readonly status: 'moved' }
  /** The remote refused the push (protected branch, hook); `message` is its answer. */
  | { readonly status: 'refused'; readonly message: string };

export interface LandingActivities {
  buildTrain(input: BuildTrainInput): Promise<BuildTrainResult>;
  landTrain(input: LandTrainInput): Promise<LandResult>;
}
