// `make_plan`: has a planning session make a plan of a goal, as `coppice plan make` does. That takes minutes, so it does not
// wait: called with the goal it answers the run that plans, and called with that run, the plan.

import { z } from 'zod';
import type { Coppice, RunRequest } from '../../api.ts';
import { giveRepository, branchInput, repositoryInput } from '../given-plan.ts';
import { count, runId, usd, version } from '../../documents/parts.ts';
import { count as counted } from '../../../domain/text/count.ts';
import { cut, tool } from '../tool.ts';
import { failure } from '../../../contracts/failures.ts';
import { isOpenStatus } from '../../../contracts/documents/report.ts';
import { originHere } from '../../cli/origin.ts';
import { shortened, usualLimits } from '../bounds.ts';

/** Characters of a plan in an answer. */
const longestPlan = 200_000;

export const makePlanTool = tool({
  name: 'make_plan',
  title: 'Make a plan of a goal',
  description:
    'Has a planning session read the repository and make a plan of a goal. It spends money on a model and changes nothing. Takes minutes and does not wait: with `goal` it answers the id of the run that plans; call it again with that `run` for the plan. Read the plan, correct it if need be, and give it to start_run.',
  effect: 'adds',
  input: z.strictObject({
    goal: z.string().max(200_000).exactOptional().meta({ description: 'What should change, in a sentence or more.' }),
    run: z
      .string()
      .exactOptional()
      .meta({ description: 'In place of `goal`: the run that plans, as the first call answered.' }),
    repository: repositoryInput.exactOptional().meta({
      description:
        'The repository: a URL that git can clone, or a path. Default: origin of the clone in the folder in which this server runs.',
    }),
    branch: branchInput.exactOptional(),
  }),
  output: z.object({
    version,
    run: runId,
    status: z.string().meta({ description: '`planning` while the session works, then how it ended.' }),
    units: count('How many the plan has.').nullable(),
    plan: z.string().nullable().meta({ description: 'The text of the plan file, in YAML; null = there is none yet.' }),
    why: z.string().nullable().meta({ description: 'Why the work is cut in this way.' }),
    warnings: z.array(z.string()).meta({ description: 'What the user should know of the plan.' }),
    reason: z.string().nullable().meta({ description: 'Why there is no plan, if the session has ended without one.' }),
    costUsd: usd('What the planning has cost so far.'),
    cut,
  }),
  async run({ goal, run, ...where }, { withCoppice, folder }) {
    if ((goal === undefined) === (run === undefined)) throw failure('BadInput', 'give either `goal` or `run`');
    return run === undefined
      ? withCoppice(async (coppice) => begin(coppice, { goal, ...where }, folder), { patient: true })
      : withCoppice((coppice) => look(coppice, run));
  },
});

async function begin(
  coppice: Coppice,
  given: Omit<RunRequest, 'repository'> & { repository?: string },
  folder: string,
) {
  const repository = given.repository ?? (await originHere(giveRepository));
  const { id } = await coppice.start({ ...given, repository, folder, planOnly: true });
  const nothing = { units: null, plan: null, why: null, warnings: [], reason: null, costUsd: 0 };
  return {
    document: { run: id, status: 'planning', ...nothing },
    text: `run ${id} plans; call make_plan with run ${id} for the plan`,
  };
}

async function look(coppice: Coppice, named: string) {
  const run = await coppice.run(named);
  const { status, budget, units } = await run.overview();
  const { spentUsd: costUsd } = budget;
  const nothing = { units: null, plan: null, why: null, warnings: [] };
  if (status !== 'completed') {
    const open = isOpenStatus(status);
    const reason = open ? null : (units[0]?.reason ?? status);
    const text = open ? `run ${run.id} is ${status}` : `run ${run.id} ${status}: ${reason ?? ''}`;
    return { document: { run: run.id, status, ...nothing, reason, costUsd }, text };
  }
  const { plan, source: text, made } = await run.plan();
  const { why = '', warnings = [] } = made ?? {};
  const document = {
    run: run.id,
    status,
    units: plan.units.length,
    plan: text,
    why,
    warnings: [...warnings],
    reason: null,
    costUsd,
  };
  return {
    document: shortened(document, {
      more: `\`coppice plan show --run ${run.id} --format yaml\` prints all.`,
      limits: { ...usualLimits, text: longestPlan },
    }),
    text: `the plan has ${counted(plan.units.length, 'unit')}; give it to start_run`,
  };
}
