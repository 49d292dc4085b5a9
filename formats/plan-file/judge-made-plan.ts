// Judges a plan before people see it: one that a session has made, or one that a person has edited. What makes it unusable
// is an error; what people should know before they agree to it is a warning.

import type { PlanEstimate } from '../../contracts/approval.ts';
import type { Config } from '../../contracts/documents/config.ts';
import type { Plan, PlanUnit } from '../../contracts/documents/plan.ts';
import { plannerId } from '../../contracts/ids.ts';
import { andMore } from '../../domain/text/shown-paths.ts';
import { count } from '../../domain/text/count.ts';
import { estimatePlan } from '../../domain/plan/estimate.ts';
import { packGraph } from '../../domain/plan/graph.ts';
import { type TargetFiles, inOrder } from '../globs/plan-on-target.ts';
import { explainSlips } from '../globs/unmatched.ts';
import { type OpenPlan, type Sources, commandsOf, expandPlan, tablesOf } from './for-each.ts';
import type { PlacedError } from '../yaml/placed-error.ts';
import { parsePlan } from './plan-file.ts';
import { planWarnings } from './plan-warnings.ts';

export type MadePlan =
  | {
      /** As it is run. */
      readonly plan: Plan;
      readonly warnings: readonly string[];
      readonly estimate: PlanEstimate;
      readonly errors?: never;
    }
  | { readonly plan?: never; readonly errors: readonly PlacedError[] };

interface Rules {
  readonly config: Config;
  readonly target: TargetFiles & {
    /** The text of a table that `forEach` names; null = there is none. */
    readonly readTable: (path: string) => Promise<string | null>;
  };
  /** For a plan that has none. */
  readonly goal: string;
  /** Absent = as many as a plan may have. */
  readonly maxUnits?: number;
  /** The plan that this one is to follow; absent = it is the first. */
  readonly before?: Pick<Plan, 'units'>;
}

/** `text`: YAML or JSON. */
export async function judgeMadePlan(
  text: string,
  { config, target, goal, maxUnits = Infinity, before }: Rules,
): Promise<MadePlan> {
  const parsed = parsePlan(text, 'plan');
  const commands = parsed.open === undefined ? [] : refuseCommands(parsed.open);
  if (commands.length > 0) return { errors: commands };
  const read = parsed.open === undefined ? parsed : expandPlan(parsed.open, await sourcesOf(parsed.open, target));
  if (read.errors !== undefined) return read;
  const errors = wrongUnits(read.plan.units, maxUnits, before).map(errorOfPlan);
  if (errors.length > 0) return { errors };
  const named = read.plan.goal.trim() === '' ? { ...read.plan, goal } : read.plan;
  const { plan, warnings } = inOrder(config, named, target);
  return {
    plan,
    warnings: [
      ...warnings,
      ...explainSlips(plan.units, { name: target.branch, paths: target.paths }),
      ...planWarnings(plan.units, config, target),
      ...unreviewed(plan.units, config),
    ],
    estimate: estimatePlan(plan.units, config.run.parallel),
  };
}

/** For an agent, which has handed in no file. */
export function errorLines(errors: readonly PlacedError[]): string[] {
  return errors.map(({ at, message }) => `line ${at.line}: ${message}`);
}

export const errorOfPlan = (message: string): PlacedError => ({ at: { file: 'plan', line: 1, column: 1 }, message });

/** Nothing is run here: only whoever starts a run may name commands. */
function refuseCommands(open: OpenPlan): PlacedError[] {
  return commandsOf(open).map((command) =>
    errorOfPlan(`forEach.command (${command}) is not possible here: use forEach.glob, or name the units`),
  );
}

async function sourcesOf(open: OpenPlan, { paths, readTable }: Rules['target']): Promise<Sources> {
  const tables = new Map<string, string>();
  for (const name of tablesOf(open)) {
    const table = await readTable(name);
    if (table !== null) tables.set(name, table);
  }
  return { paths, tables };
}

function wrongUnits(units: readonly PlanUnit[], maxUnits: number, before: Rules['before']): string[] {
  // A written plan may have such a unit.
  const isTaken = !before?.units.some(({ id }) => id === plannerId);
  return [
    ...(units.length > maxUnits
      ? [`the plan has ${count(units.length, 'unit')}, and at most ${maxUnits} are allowed (agent.planning.maxUnits)`]
      : []),
    ...(isTaken && units.some(({ id }) => id === plannerId)
      ? [`the id ${plannerId} belongs to the planning session: give the unit another one`]
      : []),
    ...(packGraph(units) === null ? ['the plan has too many dependencies for one run'] : []),
  ];
}

/** Units that say they need no review, where all units are reviewed. */
function unreviewed(units: readonly PlanUnit[], { agent }: Config): string[] {
  const without = units.filter(({ review }) => review === false).map(({ id }) => id);
  if (agent.review === undefined || without.length === 0) return [];
  return [`the plan leaves out the review of ${andMore(without, 5)} (review: false)`];
}
