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
import { validText, invalidText } from '../present/validate.ts';

interface ShowOptions {
  readonly json?: boolean;
  readonly format: 'text' | 'mermaid' | 'dot' | 'json';
}

interface ValidateOptions {
  readonly repo?: string;
  readonly branch?: string;
  readonly json?: boolean;
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

async function validatePlan(file: string, { repo, branch, json = false }: ValidateOptions): Promise<void> {
  const output = makeOutput(process, json);
  if (repo === undefined && branch !== undefined) throw failure('BadInput', '--branch needs --repo');
  const { checkPlan } = await import('../../start/check-plan.ts');
  const check = await checkPlan(file, repo === undefined ? null : { repository: repo, branch }, process.env);
  if (!check.valid) {
    const { errors } = check;
    if (json) output.document('plan-validation', { valid: false, units: 0, criticalPath: [], errors });
    else output.text(invalidText(errors));
    throw new Exit(exitCodes.notGood);
  }
  const { plan, criticalPath, warnings = [] } = check;
  for (const warning of warnings) output.note(`warning: ${inertLine(warning)}`);
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

async function showPlan(file: string, { json = false, format }: ShowOptions): Promise<void> {
  const asJson = json || format === 'json';
  const output = makeOutput(process, asJson);
  const { readPlan } = await import('../../start/read-plan.ts');
  const plan = await readPlan(file);
  if (asJson) output.document('plan-graph', planGraph(plan));
  else if (format === 'mermaid') output.text(planMermaid(plan));
  else if (format === 'dot') output.text(planDot(plan));
  else output.text(planText(plan, process.stdout));
}
