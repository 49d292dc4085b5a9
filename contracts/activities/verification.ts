// The activity that verifies a tree, on the task queue `coppice-verify`. A verification knows a tree and commands, no
// runs and no units, so that its verdict is good for whoever would land the same tree.

import type { EgressRequest } from './agent.ts';
import type { Sha } from '../ids.ts';

/**
 * Where a verification is described: in the commit `commit` on `ref` of the state remote, as `<key>.json`
 * (formats/state-documents/verification.ts).
 */
export interface VerificationSource {
  readonly repository: string;
  readonly stateRemote: string;
  readonly ref: string;
  readonly commit: Sha;
}

export interface VerifyTreeInput {
  /** 32 hexadecimal digits, over everything that the verdict depends on. */
  readonly key: string;
  /** Any of them serves; later ones are for when an earlier one is gone. */
  readonly sources: readonly VerificationSource[];
  /** Longest time on a host. */
  readonly timeoutSeconds: number;
}

export type Verdict =
  | { readonly status: 'green' }
  | {
      /**
       * `red`: a command failed. `timed-out`: a command took longer than its own limit. `overdue`: the whole verification
       * took longer than `queue.timeout`. `not-verified`: the setup needs the network, which policy does not allow, so
       * the result is unknown. `failed`: no host could verify it.
       */
      readonly status: 'red' | 'timed-out' | 'overdue' | 'not-verified' | 'failed';
      /** Name of the command that failed. */
      readonly command: string;
      /** Head and tail of its output, safe text, at most 8 KiB. */
      readonly output: string;
      /** Names of all commands that failed, where all were run; absent = the first failure ended it. */
      readonly failed?: readonly string[];
      /** With `failed`: the end of what each of them printed, at most 2 KiB each. */
      readonly outputs?: readonly string[];
      /** Of `not-verified`: the question for people; absent = no consent could help. */
      readonly egress?: EgressRequest;
    };

export interface VerificationActivities {
  verifyTree(input: VerifyTreeInput): Promise<Verdict>;
}
