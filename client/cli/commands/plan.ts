// `coppice plan`: checks a plan file (every error at once, before anything is spent), shows it as a graph, and makes one
// of a plan that another tool wrote. Needs no server.

import type { Command } from 'commander';
import { Option } from 'commander';
import { writeFile } from 'node:fs/promises';
import { codeOf, errorText } from '../../../domain/errors.ts';
import { Exit, exitCodes } from '../exit.ts';
import { failure } from '../../../contracts/failures.ts';
import { inertLine } from '../present/columns.ts';
import { jsonOption } from '../json-option.ts';
import { makeOutput } from '../output.ts';
import { planKinds, type PlanKind } from '../../../formats/plan-import/kinds.ts';
import { importedText, importNoteText } from '../present/imported-plan.ts';
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

interface ImportOptions {
  readonly from?: PlanKind;
  readonly tag?: string;
  readonly out?: string;
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
  plan
    .command('import')
    .description('make a plan file of a plan that another tool wrote')
    .argument(
      '<file>',
      'tasks.md of spec-kit, tasks.json of Task Master, an export of beads, or issues of GitHub as JSON',
    )
    .addOption(new Option('--from <kind>', 'what wrote it (default: what the content says)').choices(planKinds))
    .option('--tag <tag>', 'which list of a Task Master file that has several')
    .option('--out <file>', 'write the plan there; it must not exist yet (default: print it)')
    .addOption(jsonOption(['plan-import']))
    .addHelpText(
      'after',
      [
        '\nWhat is done there is left out. What a plan cannot say is left out too, with what waits for it, and noted on stderr',
        'and at the head of the plan. Read it before you run it: texts of others become prompts.',
        '\nExamples:',
        '  $ coppice plan import specs/001-albums/tasks.md --out plan.yaml',
        '  $ coppice plan import .taskmaster/tasks/tasks.json --tag master > plan.yaml',
        '  $ bd export -o issues.jsonl && coppice plan import issues.jsonl --from beads --out plan.yaml',
      ].join('\n'),
    )
    .action(importOther);
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

async function importOther(file: string, { from, tag, out, json = false }: ImportOptions): Promise<void> {
  const output = makeOutput(process, json);
  const { readOtherPlan } = await import('../../start/import-plan.ts');
  const imported = await readOtherPlan(file, { from, tag });
  if (out !== undefined) await writeNewFile(out, imported.text);
  for (const note of imported.notes) output.note(importNoteText(file, note));
  if (json) output.document('plan-import', { ...imported, out: out ?? null });
  else if (out === undefined) output.text(imported.text.trimEnd());
  else output.text(importedText(out, imported.units));
}

async function writeNewFile(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: 'wx' });
  } catch (cause) {
    const exists = codeOf(cause) === 'EEXIST';
    const why = exists ? 'exists already and was not changed' : `cannot be written: ${errorText(cause)}`;
    const hint = exists ? 'Name another file with --out, or delete this one first.' : 'Name another file with --out.';
    throw failure('Refused', `${path} ${why}`, { cause, hint });
  }
}
