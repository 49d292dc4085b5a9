// The activities that land results, and the queue's record of a result. They run on the task queue `coppice-verify`:
// they need git and a sandbox, and never wait behind agents.

import type { ApprovalPolicy, Consent } from '../approval.ts';
import type { ChangeSize } from '../change-size.ts';
import type { Conflict } from '../conflict.ts';
import type { EgressRequest } from './agent.ts';
import type { RunContext } from '../documents/plan.ts';
import type { Sha, UnitId } from '../ids.ts';

/** One result on its way to the target branch, as the queue holds it. */
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

export type BuildResult =
  | { readonly status: 'built'; readonly target: Sha; readonly candidate: Sha }
  | {
      readonly status: 'conflict';
      readonly target: Sha;
      /**
       * At most `conflictsShown`. Hosts of earlier releases sent no `conflicts`; they appended the kind to the path in
       * parentheses.
       */
      readonly paths: readonly string[];
      readonly conflicts?: readonly Conflict[];
    }
  /** People must agree first, or agree to more. */
  | ({ readonly status: 'consent-missing' } & MissingConsent)
  | { readonly status: 'denied'; readonly rule: string }
  /** The target already has the change, in `commit`. */
  | { readonly status: 'already-landed'; readonly commit: Sha };

export interface Candidate {
  readonly subject: LandingSubject;
  /** The target commit that the candidate was built on. */
  readonly target: Sha;
  readonly candidate: Sha;
}

export type VerifyResult =
  | { readonly status: 'green' }
  | {
      /**
       * `not-verified`: the setup needs the network, which policy does not allow, so the result is unknown. Never good
       * enough to land.
       */
      readonly status: 'red' | 'timed-out' | 'not-verified';
      /** Name of the command that failed. */
      readonly command: string;
      /** Head and tail of its output, safe text, at most 8 KiB. */
      readonly output: string;
      /** Of `red` and `timed-out`: lock files that were merged line by line; absent = none. */
      readonly locks?: readonly string[];
      /** Of `not-verified`: the question for people; absent = no consent could help. */
      readonly egress?: EgressRequest;
    };

export type LandResult =
  /** `size`: what the commit changes on the target; absent from hosts of earlier releases. */
  | { readonly status: 'landed'; readonly commit: Sha; readonly size?: ChangeSize }
  /** Another push moved the target; nothing was changed. */
  | { readonly status: 'moved' }
  /** The remote refused the push (protected branch, hook); `message` is its answer. */
  | { readonly status: 'refused'; readonly message: string };

export interface LandingActivities {
  buildCandidate(subject: LandingSubject): Promise<BuildResult>;
  verifyCandidate(candidate: Candidate): Promise<VerifyResult>;
  landCandidate(candidate: Candidate): Promise<LandResult>;
}
