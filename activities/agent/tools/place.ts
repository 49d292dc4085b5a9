// Where and how the tools of one session run.

import type { LongOutputs } from './long-outputs.ts';
import type { SessionPlace, ToolOutcome } from '../drivers/contract.ts';

export interface ToolPlace extends Omit<SessionPlace, 'folder'> {
  readonly outputs: LongOutputs;
  readonly signal: AbortSignal;
  /** A shell command that reads a variable which is not set ends with an error. */
  readonly strict?: boolean;
  /** Where a planning session hands in its plan; null = the session makes a change. */
  readonly plans: PlanDesk | null;
  /** What a reviewer's session looks at; absent = the session is no reviewer's. */
  readonly reviewed?: ReviewedFiles;
}

/** The work that a reviewer looks at. */
export interface ReviewedFiles {
  /** Those of these paths that neither the work nor its base has. */
  unknownOf(paths: readonly string[]): Promise<readonly string[]>;
}

/** A plan as an agent hands it in. */
export interface Submission {
  /** JSON, or YAML. */
  readonly text: string;
  readonly why: string;
  readonly lookedAt: readonly string[];
}

export interface PlanDesk {
  submit(submission: Submission): Promise<ToolOutcome>;
}
