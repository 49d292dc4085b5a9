// What a run's workflow is started with, and continues as new with.

import type { PackedNode } from '../plan/graph.ts';
import type { PackedRun } from './pack.ts';
import type { RunContext } from '../../contracts/documents/plan.ts';
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
  /** Set by continue-as-new, and when a run that has ended is opened again. */
  readonly resumed?: PackedRun;
}
