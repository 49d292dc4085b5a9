// The plan of a run that is open, and changes of it that an agent proposes: only the run's workflow knows which plan it
// carries out, and what of it has started.

import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type { RunId, Sha } from '../../contracts/ids.ts';
import { untilReady } from './until-ready.ts';
import { runWorkflowId } from '../../contracts/ids.ts';
import { type PlanEdit, type PlanEditAnswer, editPlanUpdate, runOverviewQuery } from '../../contracts/messages/run.ts';

export interface RunPlans {
  /** The commit of the plan; null if the run's worker does not say. */
  planOf(run: RunId): Promise<Sha | null>;
  propose(run: RunId, edit: PlanEdit): Promise<PlanEditAnswer>;
}

/** Time limits for the workflow's answers; a host compares the plans before the second. */
const lookMs = 10_000;
const proposeMs = 60_000;

export function makeRunPlans({ connection, workflow }: Client): RunPlans {
  return {
    async planOf(run) {
      const handle = workflow.getHandle(runWorkflowId(run));
      const looked = connection.withDeadline(Date.now() + lookMs, () => handle.query(runOverviewQuery, { most: 1 }));
      return (await looked).plan ?? null;
    },
    propose(run, edit) {
      const handle = workflow.getHandle(runWorkflowId(run));
      // A repeated request is recognised; the same proposal at another time is another one.
      const updateId = randomUUID();
      const once = () => handle.executeUpdate(editPlanUpdate, { args: [edit], updateId });
      return connection.withDeadline(Date.now() + proposeMs, () => untilReady(once));
    },
  };
}
