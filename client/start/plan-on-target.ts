// A plan against its target, before a run starts: the order of units that may change one file, and what people should know.

import type { Config } from '../../contracts/documents/config.ts';
import type { Plan, UnitTemplate } from '../../contracts/documents/plan.ts';
import { type TargetFiles, globWarnings, inOrder } from '../../formats/globs/plan-on-target.ts';
import { planWarnings } from '../../formats/plan-file/plan-warnings.ts';

export interface PartlyMade {
  readonly plan: Plan;
  /** Units of the plan that still stand for many. */
  readonly open: readonly UnitTemplate[];
}

/** Scopes and prompts of units that stand for many have placeholders, so nothing is said about these. */
export function planOnTarget(
  config: Config,
  { plan, open }: PartlyMade,
  target: TargetFiles,
): { readonly plan: Plan; readonly warnings: readonly string[] } {
  const templates = new Set<string>(open.map(({ id }) => id));
  const known = plan.units.map((unit) => (templates.has(unit.id) ? { ...unit, scope: null, prompt: '' } : unit));
  const ordered = inOrder(config, { ...plan, units: known }, target);
  const units = ordered.plan.units.map((unit, at) => (templates.has(unit.id) ? (plan.units[at] ?? unit) : unit));
  return {
    plan: { ...plan, units },
    warnings: [
      ...globWarnings(config, ordered.plan, target),
      ...ordered.warnings,
      ...planWarnings(ordered.plan.units, config, target),
    ],
  };
}
