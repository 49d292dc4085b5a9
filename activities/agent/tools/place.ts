// Where and how the tools of one session run.

import type { LongOutputs } from './long-outputs.ts';
import type { SessionPlace } from '../drivers/contract.ts';

export interface ToolPlace extends Omit<SessionPlace, 'folder'> {
  readonly outputs: LongOutputs;
  readonly signal: AbortSignal;
  /** A shell command that reads a variable which is not set ends with an error. */
  readonly strict?: boolean;
}
