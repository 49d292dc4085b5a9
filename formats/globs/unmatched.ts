// Explains globs that match no path of the target: a guard that guards nothing is a slip that would go unnoticed, and a
// scope without a match is right only for a unit that creates the path.

import type { Config } from '../../contracts/documents/config.ts';
import type { PlanUnit } from '../../contracts/documents/plan.ts';
import { defaultConfig } from '../../contracts/documents/config.ts';
import { withoutMatch } from './path-globs.ts';

export interface Target {
  /** Its name in messages, for example the branch. */
  readonly name: string;
  readonly paths: readonly string[];
}

/** If there are more units, the rest are only counted. */
const unitsShown = 5;

/**
 * A line for each glob of the configuration that matches nothing. Paths that Coppice protects or quotes by
 * default need not exist.
 */
export function explainUnmatchedRules(config: Config, target: Target): string[] {
  const merges = config.policy.filter(({ action }) => action === 'merge');
  const protect = config.landing.protect.filter((glob) => !defaultConfig.landing.protect.includes(glob));
  const inputs = config.setup?.inputs ?? [];
  const instructions = config.agent.instructions.filter((glob) => !defaultConfig.agent.instructions.includes(glob));
  const unmatched = new Set(
    withoutMatch([...merges.flatMap(({ paths }) => paths), ...protect, ...inputs, ...instructions], target.paths),
  );
  const lines = (globs: readonly string[], what: string) =>
    globs.filter((glob) => unmatched.has(glob)).map((glob) => `${what} ${explain(glob, target)}`);
  return [
    ...merges.flatMap(({ paths, decide }) => lines(paths, `policy (${decide}):`)),
    ...lines(protect, 'landing.protect:'),
    ...lines(inputs, 'setup.inputs:'),
    ...lines(instructions, 'agent.instructions:'),
  ];
}

/** A line for each unit with a scope that matches nothing, up to `unitsShown`, and how many more there are. */
export function explainUnmatchedScopes(units: readonly Pick<PlanUnit, 'id' | 'scope'>[], target: Target): string[] {
  const unmatched = new Set(withoutMatch([...new Set(units.flatMap(({ scope }) => scope ?? []))], target.paths));
  const lines = units.flatMap(({ id, scope }) => {
    const globs = (scope ?? []).filter((glob) => unmatched.has(glob));
    if (globs.length === 0) return [];
    const [first = ''] = globs;
    const others = globs.length === 1 ? '' : ` (and ${globs.length - 1} more of its globs)`;
    return [`scope of ${id}: ${explain(first, target)}${others}; that is right only if the unit creates it`];
  });
  const more = lines.length - unitsShown;
  return more > 0 ? [...lines.slice(0, unitsShown), `and the scopes of ${more} more units match nothing`] : lines;
}

/** A line for each glob of a scope that can only be a slip: it names a folder, or a file in another case. */
export function explainSlips(units: readonly Pick<PlanUnit, 'id' | 'scope'>[], target: Target): string[] {
  const unmatched = withoutMatch([...new Set(units.flatMap(({ scope }) => scope ?? []))], target.paths);
  const slips = new Map(
    unmatched.flatMap((glob) => {
      const slip = slipOf(glob, target);
      return slip === null ? [] : [[glob, slip] as const];
    }),
  );
  const lines = units.flatMap(({ id, scope }) =>
    (scope ?? []).flatMap((glob) => {
      const slip = slips.get(glob);
      return slip === undefined ? [] : [`scope of ${id}: ${slip}`];
    }),
  );
  return lines.slice(0, unitsShown);
}

function explain(glob: string, target: Target): string {
  return slipOf(glob, target) ?? `${glob} matches no path of ${target.name}`;
}

function slipOf(glob: string, { name, paths }: Target): string | null {
  const isFolder = paths.some((path) => path.startsWith(`${glob}/`));
  if (isFolder) return `${glob} is a folder of ${name} and matches none of its files: write ${glob}/**`;
  const other = paths.find((path) => path.toLowerCase() === glob.toLowerCase());
  return other === undefined ? null : `${glob} matches no path of ${name}, which has ${other}`;
}
