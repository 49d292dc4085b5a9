// A plan as it is after parsing (formats/plan-file/plan-file.ts reads it from YAML or JSON). Data only.

import type { RunId, Sha, UnitId } from '../ids.ts';

export interface Plan {
  readonly version: 1;
  /** Free text; empty when the file has none. */
  readonly goal: string;
  readonly units: readonly PlanUnit[];
}

export interface PlanUnit {
  readonly id: UnitId;
  /** One line, at most 200 characters; becomes the subject of the landed commit. */
  readonly title: string;
  readonly prompt: string;
  /** Units that must have landed before this one starts. */
  readonly needs: readonly UnitId[];
  /** Globs of what the unit may change; null = anything. */
  readonly scope: readonly string[] | null;
  /** A shell command that must pass in addition to the configured verification. */
  readonly verify: string | null;
  /** For rules of policy that name labels; hosts do not look at them. */
  readonly labels: readonly string[];
  readonly budgetUsd: number | null;
  readonly maxTurns: number | null;
  /** Units that must have ended, in whatever way, before this one starts: both may change a file (`run.overlap`). */
  readonly after?: readonly UnitId[];
  /** How long its agent is expected to work, for the estimate that people see; absent = nobody has said. */
  readonly estimateSeconds?: number;
  /** Whether its finished work is reviewed; absent = as the configuration says. */
  readonly review?: boolean;
  /** Its session makes the plan that the run continues with, instead of a change; absent = it makes a change. */
  readonly planner?: PlannerTask;
}

export interface PlannerTask {
  /** People are asked about the plan even if no rule says so. */
  readonly ask: boolean;
  /** The run ends with the plan. */
  readonly only: boolean;
  /** There is no session: the plan is written, and a host makes its units with the commands that it names. */
  readonly unitsOnly?: true;
}

/** A plan in which a unit may stand for many. */
export interface PlanTemplate {
  readonly version: 1;
  readonly goal: string;
  readonly units: readonly UnitTemplate[];
}

export interface UnitTemplate extends PlanUnit {
  /** Null = a plain unit. */
  readonly forEach: ForEach | null;
}

/** What a unit stands for, in `batch`es of items: files of the target, or rows of a table. */
export interface ForEach {
  readonly items:
    | { readonly from: 'glob'; readonly globs: readonly string[] }
    /** A file, relative to the folder of the plan. */
    | { readonly from: 'csv'; readonly file: string }
    /** The lines that it prints, in a worktree of the target at the start of a run. */
    | { readonly from: 'command'; readonly command: string };
  readonly batch: number;
  /** Only the first items; null = all. */
  readonly limit: number | null;
}

/** A plan as people write it, in a file or in a script. Absent fields have defaults. */
export interface PlanDocument {
  readonly $schema?: string | undefined;
  /** 1. */
  readonly version: number;
  readonly goal?: string | undefined;
  readonly units: readonly PlanDocumentUnit[];
}

export interface PlanDocumentUnit {
  readonly id: string;
  readonly forEach?: PlanDocumentForEach | undefined;
  readonly title: string;
  readonly prompt: string;
  readonly needs?: readonly string[] | undefined;
  readonly scope?: readonly string[] | undefined;
  readonly verify?: string | undefined;
  readonly labels?: readonly string[] | undefined;
  readonly budgetUsd?: number | undefined;
  readonly maxTurns?: number | undefined;
  /** A duration such as `30m`, or seconds. */
  readonly estimate?: string | number | undefined;
  readonly review?: boolean | undefined;
}

/** Has `glob`, `csv` or `command`. */
export interface PlanDocumentForEach {
  readonly glob?: string | readonly string[] | undefined;
  readonly csv?: string | undefined;
  readonly command?: string | undefined;
  readonly batch?: number | undefined;
  readonly limit?: number | undefined;
}

/** What the run workflow holds of a plan: enough to schedule, small enough for a payload at 10,000 units. */
export interface PlanNode {
  readonly id: UnitId;
  readonly title: string;
  readonly needs: readonly UnitId[];
  /** Absent = none. */
  readonly after?: readonly UnitId[];
  readonly budgetUsd: number | null;
}

/** `[id, title, positions of its needs, budget in USD, positions of those it comes after]`; empty fields at the end of a row are left out. */
export type PackedNode =
  | readonly [id: UnitId, title: string]
  | readonly [id: UnitId, title: string, needs: readonly number[]]
  | readonly [id: UnitId, title: string, needs: readonly number[], budgetUsd: number]
  | readonly [id: UnitId, title: string, needs: readonly number[], budgetUsd: number | null, after: readonly number[]];

/**
 * Where one run's content lives; part of every activity's input. The commit `plan` holds two blobs, `plan.json` and
 * `config.json`: the parsed plan and the configuration pinned at the start. A run that plans first has the planner as the
 * only unit of its first plan.
 */
export interface RunContext {
  readonly run: RunId;
  /** As the user gave it, once it has passed the URL rules. */
  readonly repository: string;
  readonly branch: string;
  readonly stateRemote: string;
  /** The id of the repository's merge queue, `queue:<slug>-<hash8>`. */
  readonly queue: string;
  readonly plan: Sha;
  /** Tip of the target branch when the run started. */
  readonly base: Sha;
  /** What failed on the target before the run began, if people chose to start anyway. */
  readonly redTarget?: string;
  /** Who started the run, for the `Requested-by` trailer. */
  readonly requestedBy: string;
}
