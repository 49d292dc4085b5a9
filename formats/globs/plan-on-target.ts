// A plan against the files of its target: the order of units that may change one file, and what people should know of the
// plan's scopes and of the rules before it is run.

import type { Config } from '../../contracts/documents/config.ts';
import type { Plan } from '../../contracts/documents/plan.ts';
import { explainUnmatchedRules, explainUnmatchedScopes } from './unmatched.ts';
import { explainOverlaps, findOverlaps, serialized } from './overlaps.ts';

export interface TargetFiles {
  readonly branch: string;
  /** All of them. */
  readonly paths: readonly string[];
}

/** A glob that guards or covers nothing. */
export function globWarnings(config: Config, plan: Plan | null, { branch, paths }: TargetFiles): string[] {
  const target = { name: branch, paths };
  return [...explainUnmatchedRules(config, target), ...explainUnmatchedScopes(plan?.units ?? [], target)];
}

/** The plan as it is run: what becomes of units that may change one file (`run.overlap`). */
export function inOrder(
  { run: { overlap } }: Pick<Config, 'run'>,
  plan: Plan,
  { paths }: Pick<TargetFiles, 'paths'>,
): { readonly plan: Plan; readonly warnings: readonly string[] } {
  if (overlap === undefined || overlap === 'allow') return { plan, warnings: [] };
  const overlaps = findOverlaps(plan.units, paths);
  const warnings = explainOverlaps(overlaps, overlap);
  return { plan: overlap === 'serialize' ? { ...plan, units: serialized(plan.units, overlaps) } : plan, warnings };
}
