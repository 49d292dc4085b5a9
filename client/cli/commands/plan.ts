// `coppice plan`: checks a plan file (every error at once, before anything is spent) and shows it as a graph. Needs no
// server.

import type { Command } from 'commander';
import { Option } from 'commander';
import { Exit, exitCodes } from '../exit.ts';
import { failure } from '../../../contracts/failures.ts';
import { inertLine } from '../present/columns.ts';
import { jsonOption } from '../json-option.ts';
import { makeOutput } from '../output.ts';
import { planDot, planGraph, planMermaid, planText } from '../present/plan-graph.ts';
import { invalidText, openText, validText } from '../present/validate.ts';
import type { PlanCheck } from '../../start/check-plan.ts';

interface ValidateOptions {
  readonly repo?: string;
  readonly branch?: string;
  readonly json?: boolean;
}

interface ShowOptions extends ValidateOptions {
  readonly format: 'text' | 'mermaid' | 'dot' | 'json';
}

export function addPlan(program: Command): void {
  const plan = program.command('plan').description('work with plan files');
  plan
    .command('validate')
    .description('check a plan file and list all its errors')
    .argument('<file>', 'YAML or JSON')
    .option('--repo <url>', 'also check that scopes, and the rules in its coppice.yaml, match files of this repository')
    .option('--branch <branch>', 'the target branch there (default: the one in coppice.yaml, or the remote’s default)')
    .addOption(jsonOption(['plan-validation']))
    .addHelpText(
      'after',
      '\nExamples:\n  $ coppice plan validate plan.yaml\n  $ coppice plan validate plan.yaml --repo git@example.com:team/app.git --branch main',
    )
    .action(validatePlan);
  plan
    .command('show')
    .description('show the graph of a plan file: which unit needs which')
    .argument('<file>', 'YAML or JSON')
    .option('--repo <url>', 'make the units of `forEach` from the files of this repository')
    .option('--branch <branch>', 'the target branch there (default: the one in coppice.yaml, or the remote’s default)')
    .addOption(
      new Option('--format <format>', 'how to print it').choices(['text', 'mermaid', 'dot', 'json']).default('text'),
    )
    .addOption(jsonOption(['plan-graph'], 'the same as --format json'))
    .addHelpText(
      'after',
      '\nExamples:\n  $ coppice plan show plan.yaml\n  $ coppice plan show plan.yaml --format dot | dot -Tsvg > plan.svg',
    )
    .action(showPlan);
}

async function validatePlan(file: string, options: ValidateOptions): Promise<void> {
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
    });
  else output.text(validText(file, plan, criticalPath));
}

async function showPlan(file: string, options: ShowOptions): Promise<void> {
  const { json = false, format } = options;
  const asJson = json || format === 'json';
  const output = makeOutput(process, asJson);
  const check = await checkFile(file, options);
  if (!check.valid) {
    const { badPlan } = await import('../../start/read-plan.ts');
    throw badPlan(file, check.errors);
  }
  const { plan, open = [] } = check;
  for (const unit of open) output.note(openText(unit));
  if (asJson) output.document('plan-graph', planGraph(plan));
  else if (format === 'mermaid') output.text(planMermaid(plan));
  else if (format === 'dot') output.text(planDot(plan));
  else output.text(planText(plan, process.stdout));
}

async function checkFile(file: string, { repo, branch }: ValidateOptions): Promise<PlanCheck> {
  if (repo === undefined && branch !== undefined) throw failure('BadInput', '--branch needs --repo');
  const { checkPlan } = await import('../../start/check-plan.ts');
  return checkPlan(file, repo === undefined ? null : { repository: repo, branch }, process.env);
}
