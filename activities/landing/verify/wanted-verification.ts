// What a verification is made from, and what it is: see verification-key.ts.

import type { Config, VerifyCommand } from '../../../contracts/documents/config.ts';
import type { Sha } from '../../../contracts/ids.ts';
import type { VerificationSpec } from '../../../formats/state-documents/verification.ts';

/** What verifications on one tip of a branch have in common. */
export interface VerificationRules {
  /** URL, in any spelling. */
  readonly repository: string;
  readonly branch: string;
  readonly target: Sha;
  /** The target's, or what a run has pinned. */
  readonly config: Config;
  /** The tags that lead to the target, as `packed-refs` has them: what `git describe` finds in a worktree. */
  readonly tags: string;
}

export interface WantedVerification {
  readonly tree: Sha;
  /** The units' own commands, in the order in which they run; of equal ones the first counts. */
  readonly own: readonly VerifyCommand[];
  /** Keys of the network requests that people have granted, in any order. */
  readonly egress: readonly string[];
  /** True = run all commands even after one has failed. */
  readonly all: boolean;
}

export interface Verification {
  /** 32 hexadecimal digits. */
  readonly key: string;
  readonly spec: VerificationSpec;
}

/** Null = there is nothing to verify. */
export type VerificationsOf = (wanted: WantedVerification) => Verification | null;
