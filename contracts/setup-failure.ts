// What a failure of the type `SetupFailed` has in its details.

import type { Sha } from './ids.ts';

export interface SetupFailureDetails {
  readonly command: string;
  /** Null when it was killed or took too long. */
  readonly exitCode: number | null;
  /** Head and tail, safe text, at most 8 KiB. */
  readonly output: string;
  /** The commit that holds the whole log, on a ref of the run; null when none was written. */
  readonly log: Sha | null;
  /** It had no network, and tried to use it or did not come to its end: nobody knows what it would have done with it. */
  readonly lacksNetwork: boolean;
}
