// What another plan of a run changes, and whether people must agree to it. Pure.

import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../../contracts/documents/config.ts';
import type { Plan, PlanUnit } from '../../contracts/documents/plan.ts';
import type { PlanComparison } from '../../contracts/activities/planning.ts';
import type { Sha } from '../../contracts/ids.ts';
import { judgeProposal } from '../../formats/policy/judge-proposal.ts';
import { type PlanSize, judgePlan } from '../../formats/policy/judge-plan.ts';
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
  const [then, now] = [sizeOf(config, before), sizeOf(config, after)];
  const verdict =
    proposed === undefined ? judgePlan(config, now) : judgeProposal(config, proposed, { before: then, after: now });
  const changed = after.units.filter((unit) => {
    const known = earlier.get(unit.id);
    return known !== undefined && !isDeepStrictEqual(written(known), written(unit));
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

/** Without the order of units that may change the same files: it follows from the files that the target has just now. */
function written(unit: PlanUnit): object {
  const { after: _, ...rest } = unit;
  return rest;
}

function sizeOf(config: Config, plan: Plan): PlanSize {
  return { unitCount: plan.units.length, budgetUsd: maxCost(config, plan) };
}

function namesOf(units: Plan['units']): string[] {
  return units.slice(0, named).map(({ id, title }) => `${id}: ${title}`);
}
