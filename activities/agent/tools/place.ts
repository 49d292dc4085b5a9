// Where and how the tools of one session run.

import type { LongOutputs } from './long-outputs.ts';
import type { PlanDocumentUnit } from '../../../contracts/documents/plan.ts';
import type { SessionBoard } from '../session/session-board.ts';
import type { SessionPlace, ToolOutcome } from '../drivers/contract.ts';

export interface ToolPlace extends Omit<SessionPlace, 'folder'> {
  readonly outputs: LongOutputs;
  /** What units of the run tell each other; null = there are no others. */
  readonly board: SessionBoard | null;
  readonly signal: AbortSignal;
  /** A shell command that reads a variable which is not set ends with an error. */
  readonly strict?: boolean;
  /** Where a planning session hands in its plan; null = the session makes a change. */
  readonly plans: PlanDesk | null;
  /** Where an agent proposes units for the plan; null = the session makes one. */
  readonly proposals: ProposalDesk | null;
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
  /** It was handed in as this text, so lines of it mean something to its author. */
  readonly isText: boolean;
  readonly why: string;
  readonly lookedAt: readonly string[];
}

/** Units for the plan, as an agent proposes them. */
export interface Proposal {
  readonly units: readonly PlanDocumentUnit[];
  /** Units that wait until all of these have landed. */
  readonly needed_by?: readonly string[] | undefined;
  readonly why: string;
}

export interface ProposalDesk {
  propose(proposal: Proposal): Promise<ToolOutcome>;
}

export interface PlanDesk {
  submit(submission: Submission): Promise<ToolOutcome>;
}
