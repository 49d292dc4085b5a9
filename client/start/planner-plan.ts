// What a run begins with that makes its plan first: a plan with the planner as its only unit.

import type { Config } from '../../contracts/documents/config.ts';
import type { Plan, PlannerTask } from '../../contracts/documents/plan.ts';
import { defaultPlanning } from '../../contracts/documents/config.ts';
import { failure } from '../../contracts/failures.ts';
import { inertLine } from '../../domain/text/inert.ts';
import { plannerId } from '../../contracts/ids.ts';

const longestTitle = 200;
export const maxGoalBytes = 256 * 1024;

/** Throws `BadInput` for a goal that says nothing, or too much. */
export function readGoal(text: string): string {
  const goal = text.trim();
  if (goal === '')
    throw failure('BadInput', 'the goal is blank', { hint: 'Say in a sentence or more what should change.' });
  if (Buffer.byteLength(goal) > maxGoalBytes) throw failure('BadInput', 'the goal is larger than 256 KiB');
  return goal;
}

export function plannerPlan(goal: string, { agent }: Pick<Config, 'agent'>, planner: PlannerTask): Plan {
  const { budgetUsd } = agent.planning ?? defaultPlanning;
  const [line = ''] = goal.split('\n', 1);
  return {
    version: 1,
    goal,
    units: [
      {
        id: plannerId,
        title: inertLine(planner.unitsOnly === true ? 'Make the units of the plan' : `Plan: ${line}`, longestTitle),
        prompt: goal,
        needs: [],
        scope: null,
        verify: null,
        labels: [],
        budgetUsd: planner.unitsOnly === true ? null : budgetUsd,
        maxTurns: null,
        planner,
      },
    ],
  };
}
