// The input of a run's workflow, at its start and at every continue-as-new.

import type { PackedNode, RunContext } from '../../contracts/documents/plan.ts';
import type { PackedRun } from './pack.ts';
import type { Told } from './told.ts';
import type { RunSettings } from './settings.ts';

export interface RunInput {
  readonly context: RunContext;
  /** Slug of the repository, for the search attribute. */
  readonly slug: string;
  /** First line of the goal, for people who look at the Web UI. */
  readonly goal: string;
  readonly model: string;
  readonly graph: readonly PackedNode[];
  readonly settings: RunSettings;
  /** The run has made its plan, and does nothing else. */
  readonly planOnly?: true;
  /** What the channels of `settings.notices` know, in that order; set by continue-as-new. */
  readonly told?: readonly Told[];
  /** Set by continue-as-new, and when an ended run is reopened. */
  readonly resumed?: PackedRun;
}
