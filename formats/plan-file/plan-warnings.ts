// What people should know of a plan before they agree to it: prompts that name files that nobody has, and budgets of units
// that the run cannot pay. Never an error: a prompt may mean a file of another place, and few units spend their budget.

import type { Config } from '../../contracts/documents/config.ts';
import type { PlanUnit } from '../../contracts/documents/plan.ts';
import { dollars } from '../../domain/money/dollars.ts';
import { readGlobs } from '../globs/path-globs.ts';
import type { TargetFiles } from '../globs/plan-on-target.ts';

export function planWarnings(units: readonly PlanUnit[], config: Config, target: TargetFiles): string[] {
  return [...missingFiles(units, target), ...sumOfBudgets(units, config)];
}

const warningsShown = 5;
/** Files times scopes that are looked at. With thousands of each, nothing is said of the rest: all would take a minute. */
const mostLooks = 2_000_000;
/** A path with a folder and an extension, as prompts name files. */
const namedPath = /`((?:[\w@.-]+\/)+[\w@.-]+\.[a-z0-9]{1,6})`/gi;

/** Files that a prompt names, that do not exist, and that no unit may create. */
function missingFiles(units: readonly PlanUnit[], { branch, paths }: TargetFiles): string[] {
  if (units.some(({ scope }) => scope === null)) return [];
  const files = new Set(paths);
  const scopes = new Set(units.flatMap(({ scope }) => scope ?? []));
  const matcher = readGlobs([...scopes], []);
  const covered = new Map<string, boolean>();
  const most = Math.ceil(mostLooks / scopes.size);
  const mayBeCreated = (path: string): boolean => {
    const known = covered.get(path) ?? (scopes.has(path) || covered.size >= most || matcher.possibly(path));
    covered.set(path, known);
    return known;
  };
  const lines = units.flatMap(({ id, prompt }) => {
    const named = [...prompt.matchAll(namedPath)].map(([, path = '']) => path);
    const missing = named.find((path) => !files.has(path) && !mayBeCreated(path));
    return missing === undefined
      ? []
      : [`the prompt of ${id} names ${missing}, which ${branch} does not have and no unit may create`];
  });
  const more = lines.length - warningsShown;
  return more > 0 ? [...lines.slice(0, warningsShown), `and ${more} more prompts name files that do not exist`] : lines;
}

function sumOfBudgets(units: readonly PlanUnit[], { agent, run }: Config): string[] {
  const sum = units.reduce((all, { budgetUsd }) => all + (budgetUsd ?? agent.budgetUsd ?? 0), 0);
  if (run.budgetUsd === null || sum <= run.budgetUsd) return [];
  return [
    `the budgets of the units add up to ${dollars(sum)}, and the run has ${dollars(run.budgetUsd)}: people are asked when it is spent`,
  ];
}
