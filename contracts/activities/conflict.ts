// The activities for a unit whose agent makes no progress with a conflict, or with a red verification on the target:
// the brief for people, and their resolution. They run on the task queue `coppice-verify`: they need git alone, and
// never wait behind agents.

import type { AskVerdict } from '../approval.ts';
import type { ConflictBrief } from '../conflict.ts';
import type { Feedback, SliceResult } from './agent.ts';
import type { RunContext } from '../documents/plan.ts';
import type { Sha, UnitId } from '../ids.ts';

export interface BriefRequest {
  readonly context: RunContext;
  readonly unit: UnitId;
  /** The return that the agent cannot deal with. */
  readonly feedback: Feedback;
  /** What the unit would fail with. */
  readonly problem: string;
  /** What the queue has returned so far, in order. */
  readonly returns: readonly Feedback['kind'][];
}

export interface BriefResult {
  /** Whether people are asked. */
  readonly verdict: AskVerdict;
  /** Null if nobody is asked. */
  readonly brief: ConflictBrief | null;
}

/** A person's own result: a commit on the state remote, whose first parent is the result's base. */
export interface Resolution {
  readonly commit: Sha;
  /** Who made it, for the `Resolved-by` trailer. */
  readonly by: string;
}

export interface ResolutionRequest {
  readonly context: RunContext;
  readonly unit: UnitId;
  /** How often the unit was retried, and its slices so far: the resolution owns the checkpoint ref after them. */
  readonly retry: number;
  readonly slices: number;
  readonly resolution: Resolution;
}

export interface ConflictActivities {
  prepareBrief(request: BriefRequest): Promise<BriefResult>;
  /** Judges a resolution as an agent's work is judged, without running a command; `done` or `failed`. */
  takeResolution(request: ResolutionRequest): Promise<SliceResult>;
}
