// `coppice plan validate`: every error of a plan file at once, before anything is spent. Needs no server.

import type { Command } from 'commander';
import { type FileOptions, checkFile } from './check-file.ts';
import { Exit, exitCodes } from '../../exit.ts';
import { inertLine } from '../../present/columns.ts';
import { jsonOption } from '../../json-option.ts';
import { makeOutput } from '../../output.ts';
import { invalidText, openText, validText } from '../../present/validate.ts';

export function addValidate(plan: Command): void {
  plan
    .command('validate')
    .description('check a plan file and list all its errors')
    .argument('<file>', 'YAML or JSON')
    .option(
      '--repo <url>',
      'also say what is doubtful in this repository: scopes and rules that match no file, prompts that name none, …',
    )
    .option('--branch <branch>', 'the target branch there (default: the one in coppice.yaml, or the remote’s default)')
    .addOption(jsonOption(['plan-validation']))
    .addHelpText(
      'after',
      '\nExamples:\n  $ coppice plan validate plan.yaml\n  $ coppice plan validate plan.yaml --repo git@example.com:team/app.git --branch main',
    )
    .action(validatePlan);
}

async function validatePlan(file: string, options: FileOptions): Promise<void> {
  const { json = false, repo } = options;
  const output = makeOutput(process, json);
  const check = await checkFile(file, options);
  if (!check.valid) {
    const { errors } = check;
    if (json) output.document('plan-validation', { valid: false, units: 0, criticalPath: [], errors });
    else output.text(invalidText(errors));
    throw new Exit(exitCodes.notGood);
  }
  const { plan, criticalPath, warnings = [], open = [] } = check;
  for (const warning of warnings) output.note(`warning: ${inertLine(warning)}`);
  for (const unit of open) output.note(openText(unit));
  const units = plan.units.length;
  if (json)
    output.document('plan-validation', {
      valid: true,
      units,
      criticalPath,
      errors: [],
      ...(repo === undefined ? {} : { warnings }),
      ...(open.length === 0 ? {} : { open: open.map(({ id }) => id) }),
    });
  else output.text(validText(file, plan, criticalPath));
}
