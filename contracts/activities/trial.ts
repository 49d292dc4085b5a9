// The activity that tries a target before anything is spent: it runs setup and verification on the unchanged tip.

import type { RunContext } from '../documents/plan.ts';
import type { Sha } from '../ids.ts';

export type TryResult = {
  /** What was tried. */
  readonly commit: Sha;
  /** The commit that holds the whole log, on a ref of the run; null when it could not be written. */
  readonly log: Sha | null;
} & (TryOutcome | { readonly status: 'unchanged' });

export type TryOutcome =
  | { readonly status: 'green' }
  | {
      readonly status: 'red' | 'timed-out' | 'setup-failed';
      /** Name of the check that failed, or the setup command. */
      readonly command: string;
      /** The last lines of its output, safe text. */
      readonly output: string;
    };

/** On the task queue `coppice-verify`. */
export interface TrialActivities {
  /**
   * Tries the target's tip before a run's first unit. `unless`: the commit that was tried last; if the target is still there,
   * the answer is `unchanged`.
   */
  tryTarget(input: { context: RunContext; unless?: Sha }): Promise<TryResult>;
}
