// What another plan of a run changes, and whether people must agree to it. Pure.

import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../../contracts/documents/config.ts';
import type { Plan } from '../../contracts/documents/plan.ts';
import type { PlanComparison } from '../../contracts/activities/planning.ts';
import type { Sha } from '../../contracts/ids.ts';
import { judgeProposal } from '../../formats/policy/judge-proposal.ts';
import { judgePlan } from '../../formats/policy/judge-plan.ts';
import { maxCost } from '../../domain/money/max-cost.ts';
import { planRequestOf } from '../../formats/policy/plan-request.ts';

interface Compared {
  readonly before: Plan;
  readonly after: Plan;
  readonly config: Config;
  /** Of `after`. */
  readonly commit: Sha;
  readonly proposed: number | undefined;
  /** Who has made `after`, and why. */
  readonly by: string;
  readonly why: string | undefined;
}

/** Units named to people, and characters of an agent's reason. */
const named = 20;
const longestWhy = 1_000;

export function comparePlans({ before, after, config, commit, proposed, by, why }: Compared): PlanComparison {
  const earlier = new Map(before.units.map((unit) => [unit.id, unit]));
  const later = new Set(after.units.map(({ id }) => id));
  const ofPlan = judgePlan(config, { unitCount: after.units.length, budgetUsd: maxCost(config, after) });
  // A plan that nobody may run is not run because an agent proposes a part of it.
  const verdict = proposed === undefined || ofPlan.decide === 'deny' ? ofPlan : judgeProposal(config, proposed);
  const changed = after.units.filter((unit) => {
    const known = earlier.get(unit.id);
    return known !== undefined && !isDeepStrictEqual(known, unit);
  });
  const removed = before.units.filter(({ id }) => !later.has(id));
  const added = after.units.filter(({ id }) => !earlier.has(id));
  const change = {
    by,
    ...(why === undefined ? {} : { why: why.slice(0, longestWhy) }),
    added: namesOf(added),
    changed: namesOf(changed),
    removed: namesOf(removed),
  };
  return {
    changed: changed.map(({ id }) => id),
    removed: removed.map(({ id }) => id),
    added: added.map(({ id }) => id),
    request: planRequestOf({ plan: after, config }, commit, { change }),
    verdict,
  };
}

function namesOf(units: Plan['units']): string[] {
  return units.slice(0, named).map(({ id, title }) => `${id}: ${title}`);
}
