// Resolves a unit that a person names to a unit of the run's plan, which is on the state remote; needs no worker.

import type { Remote } from '../../git/remote.ts';
import type { PlanUnit } from '../../contracts/documents/plan.ts';
import type { RunId, UnitId } from '../../contracts/ids.ts';
import { failure } from '../../contracts/failures.ts';
import { planCodec, planFile } from '../../formats/state-documents/plan.ts';
import { readStateFile } from '../../git/state-files.ts';
import { unknownUnit } from './unknown-unit.ts';
import { plannerId, stateRefs } from '../../contracts/ids.ts';
import { planningFile } from '../../formats/state-documents/plan-files.ts';

/** Throws `NotFound`; nothing is ever built from an id that is not in the plan. */
export async function unitOfRun(remote: Remote, run: RunId, unit: string): Promise<UnitId> {
  return (await planUnitOf(remote, run, unit)).id;
}

/** The same, with what the plan says of it. */
export async function planUnitOf(remote: Remote, run: RunId, unit: string): Promise<PlanUnit> {
  const text = await readStateFile(remote, stateRefs.plan(run), planFile);
  if (text === null)
    throw failure('NotFound', `the state remote no longer has the plan of ${run}`, {
      hint: 'It was deleted there, by `coppice prune` or by hand.',
    });
  const { goal, units } = planCodec.read(text);
  if (unit === plannerId && (await readStateFile(remote, stateRefs.plan(run), planningFile)) !== null)
    return plannerOfGoal(goal);
  const found = units.find(({ id }) => id === unit);
  if (found !== undefined) return found;
  throw unknownUnit(
    run,
    unit,
    units.map(({ id }) => id),
  );
}

/** The session that has made the plan, which no longer is a unit of it. */
function plannerOfGoal(goal: string): PlanUnit {
  const nothing = { needs: [], scope: null, verify: null, labels: [], budgetUsd: null, maxTurns: null };
  return { id: plannerId, title: 'Plan', prompt: goal, ...nothing };
}
