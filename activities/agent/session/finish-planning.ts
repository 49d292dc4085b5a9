// Makes the result of a planning session: a commit on the run's plan ref, whose parent is the plan before. Safe to run twice:
// the same plan is the same files, and only the commit reported to the run counts.

import type { Session } from './session.ts';
import type { SliceOutcome } from '../../../contracts/activities/agent.ts';
import type { GoodPlan } from './plan-desk.ts';
import type { PlannerTask } from '../../../contracts/documents/plan.ts';
import type { MergeVerdict } from '../../../contracts/approval.ts';
import { judgePlan } from '../../../formats/policy/judge-plan.ts';
import { maxCost } from '../../../domain/money/max-cost.ts';
import { planFilesOf } from '../../../formats/state-documents/plan-files.ts';
import { planRequestOf } from '../../../formats/policy/plan-request.ts';
import { stateRefs } from '../../../contracts/ids.ts';

/** Characters of the planner's own words that people see with the plan. */
const longestWhy = 2_000;

export async function finishPlanning(session: Session, planner: PlannerTask, good: GoodPlan): Promise<SliceOutcome> {
  const { repository, input, journal } = session;
  const { context } = input;
  // As the run began, without what is different for the planner.
  const { config } = await repository.readPlan(context);
  const { plan, warnings, submission } = good;
  const why = submission.why.slice(0, longestWhy);
  const { lookedAt } = submission;
  const files = planFilesOf({ plan, config, text: submission.text, made: { why, lookedAt, warnings } });
  const message = `Plan of ${context.run}`;
  const commit = await repository.writeState(stateRefs.plan(context.run), files, message, { keepsHistory: true });
  const made = { why, costUsd: journal.costUsd };
  const request = planRequestOf({ plan, config }, commit, { warnings, made });
  const verdict = judgePlan(config, { unitCount: plan.units.length, budgetUsd: maxCost(config, plan) });
  // A run that ends with its plan begins nothing: whoever starts the plan is asked.
  if (planner.only) return { status: 'planned', request, verdict: { decide: 'allow' } };
  return { status: 'planned', request, verdict: verdict.decide === 'allow' && planner.ask ? askAnyone : verdict };
}

/** Without an answer nothing is lost, so the run goes on waiting. */
const askAnyone: MergeVerdict = {
  decide: 'ask',
  policy: {
    rule: 'a plan made for a goal',
    by: [],
    allowed: null,
    timing: { withinSeconds: null, silence: 'pause' },
  },
};
