// The details of a `SetupFailed` failure.

import type { Sha } from './ids.ts';

export interface SetupFailureDetails {
  readonly command: string;
  /** Null when it was killed or took too long. */
  readonly exitCode: number | null;
  /** Head and tail, safe text, at most 8 KiB. */
  readonly output: string;
  /** The commit that holds the whole log, on a ref of the run; null when none was written. */
  readonly log: Sha | null;
  /**
   * The setup had no network and either tried to use it or did not finish, so its outcome with the network is unknown.
   */
  readonly lacksNetwork: boolean;
}
