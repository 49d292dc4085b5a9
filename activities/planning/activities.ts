// The activities around a run's plan. Safe to run twice: they only read.

import type { GitHost } from '../repository/contract.ts';
import type { PlanningActivities } from '../../contracts/activities/planning.ts';
import { comparePlans } from './compare-plans.ts';
import { failure } from '../../contracts/failures.ts';
import { packGraph } from '../../domain/plan/graph.ts';
import { withHeartbeat } from '../host/heartbeat.ts';

export function makePlanningActivities(git: GitHost): Omit<PlanningActivities, 'makeUnits'> {
  return {
    comparePlans: ({ context, plan, proposed, by, why }) =>
      withHeartbeat(async () => {
        const repository = await git.open(context);
        const { plan: before, config } = await repository.readPlan(context);
        const { plan: after } = await repository.readPlan({ ...context, plan });
        return comparePlans({ before, after, config, commit: plan, proposed, by, why });
      }),

    openPlan: ({ context }) =>
      withHeartbeat(async () => {
        const { plan } = await (await git.open(context)).readPlan(context);
        const graph = packGraph(plan.units);
        if (graph === null) throw failure('BadPlan', 'the plan has too many dependencies for one run');
        return { graph };
      }),
  };
}
