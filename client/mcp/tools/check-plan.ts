// `check_plan`: every error of a plan at once, as `coppice plan validate` finds them. Needs no Temporal server.

import { z } from 'zod';
import type { PlanCheck } from '../../start/check-plan.ts';
import { failure } from '../../../contracts/failures.ts';
import { branchInput, givenPlan, planInput, repositoryInput } from '../given-plan.ts';
import { cut, tool } from '../tool.ts';
import { invalidText, openText, validText } from '../../cli/present/validate.ts';
import { planValidation } from '../../documents/plan-documents.ts';
import { shortened } from '../bounds.ts';

export const checkPlanTool = tool({
  name: 'check_plan',
  title: 'Check a plan',
  description:
    'Checks a plan without starting anything: every error at once with its place, the number of units, the longest chain of units that need each other; with a repository also what is doubtful there: globs that match nothing, units that may change one file at the same time, files that do not exist, budgets that the run cannot pay. Use it before start_run.',
  effect: 'reads',
  input: z.strictObject({
    plan: planInput,
    repository: repositoryInput.exactOptional(),
    branch: branchInput.exactOptional(),
  }),
  output: planValidation.extend({ cut }),
  async run({ plan, repository, branch }, { env }) {
    if (repository === undefined && branch !== undefined) throw failure('BadInput', 'branch needs repository');
    const where = repository === undefined ? null : { repository, branch };
    const { checkPlan } = await import('../../start/check-plan.ts');
    const check = await checkPlan(givenPlan(plan), where, env);
    return {
      document: shortened(documentOf(check), {
        more: 'Correct these and check again, or print all with `coppice plan validate FILE`.',
      }),
      text: textOf(check),
    };
  },
});

function documentOf(check: PlanCheck) {
  if (!check.valid) return { valid: false, units: 0, criticalPath: [], errors: check.errors };
  const { plan, criticalPath, warnings, open } = check;
  return {
    valid: true,
    units: plan.units.length,
    criticalPath,
    errors: [],
    ...(warnings === undefined ? {} : { warnings }),
    ...(open === undefined ? {} : { open: open.map(({ id }) => id) }),
  };
}

function textOf(check: PlanCheck): string {
  if (!check.valid) return invalidText(check.errors);
  const { plan, criticalPath, warnings = [], open = [] } = check;
  return [
    validText('the plan', plan, criticalPath),
    ...open.map((unit) => openText(unit, 'name the repository to count them')),
    ...warnings.map((warning) => `warning: ${warning}`),
  ].join('\n');
}
