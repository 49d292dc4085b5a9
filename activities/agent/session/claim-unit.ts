// A slice claims its unit: from then on, no other attempt can change the unit's checkpoint.

import { type Config, defaultPlanning } from '../../../contracts/documents/config.ts';
import type { PlanUnit } from '../../../contracts/documents/plan.ts';
import type { SliceHost } from './slice-host.ts';
import type { UnitTotals } from '../../../contracts/usage.ts';
import type { SliceInput } from '../../../contracts/activities/agent.ts';
import { Reviews } from '../review/reviews.ts';
import { SessionJournal } from '../conversation/journal.ts';
import { attemptNumber } from '../../worktrees/checkpoint/attempt.ts';
import { failure } from '../../../contracts/failures.ts';

/** `attempt` is Temporal's number for the activity attempt. The caller closes the store. */
export async function claimUnit(host: SliceHost, input: SliceInput, attempt: number) {
  const { context, retry, slice } = input;
  const repository = await host.git.open(context);
  const { plan, config } = await repository.readPlan(context);
  const unit = plan.units.find(({ id }) => id === input.unit);
  if (unit === undefined) throw failure('NotFound', `the plan of ${context.run} has no unit ${input.unit}`);
  const number = attemptNumber({ retry, slice, attempt });
  const store = await repository.claimUnit({ context, unit: unit.id, attempt: number, host: host.hostId });
  return { repository, plan, config: configFor(unit, config), unit, store, journal: SessionJournal.load(store.files) };
}

/** A planning session may have another model, and its own limits. */
function configFor({ planner }: PlanUnit, config: Config): Config {
  if (planner === undefined) return config;
  const { model, effort, maxTurns } = config.agent.planning ?? defaultPlanning;
  const { agent } = config;
  return { ...config, agent: { ...agent, model: model ?? agent.model, effort: effort ?? agent.effort, maxTurns } };
}

/** The unit's totals so far, for a unit whose session will not be opened again. */
export async function totalsOf(host: SliceHost, input: SliceInput, attempt: number): Promise<UnitTotals> {
  const { store, journal } = await claimUnit(host, input, attempt);
  await store.close();
  return Reviews.load(store.files).totalsWith(journal);
}
