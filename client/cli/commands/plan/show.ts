// `coppice plan show`: a plan as a graph, from a file (which needs no server) or from a run.

import { type Command, Option } from 'commander';
import type { Plan } from '../../../../contracts/documents/plan.ts';
import type { RunPlan } from '../../../types.ts';
import { type FileOptions, checkFile } from './check-file.ts';
import { failure } from '../../../../contracts/failures.ts';
import { jsonOption } from '../../json-option.ts';
import { makeOutput } from '../../output.ts';
import { madePlanText } from '../../present/made-plan.ts';
import { planDot, planGraph, planMermaid } from '../../present/plan-graph.ts';
import { openText } from '../../present/validate.ts';
import { shortSha } from '../../present/amounts.ts';
import { withCoppice } from '../../session.ts';

interface Options extends FileOptions {
  readonly run?: string;
  readonly format: 'text' | 'mermaid' | 'dot' | 'yaml' | 'json';
}

export function addShow(plan: Command): void {
  plan
    .command('show')
    .description('show a plan as a graph: which unit needs which')
    .argument('[file]', 'YAML or JSON')
    .option('--run <run>', 'the plan of this run, in place of a file')
    .option('--repo <url>', 'make the units of `forEach` from the files of this repository')
    .option('--branch <branch>', 'the target branch there (default: the one in coppice.yaml, or the remote’s default)')
    .addOption(
      new Option('--format <format>', 'how to print it; yaml only with --run')
        .choices(['text', 'mermaid', 'dot', 'yaml', 'json'])
        .default('text'),
    )
    .addOption(jsonOption(['plan-graph'], 'the same as --format json'))
    .addHelpText(
      'after',
      '\nExamples:\n  $ coppice plan show plan.yaml\n  $ coppice plan show plan.yaml --format dot | dot -Tsvg > plan.svg\n  $ coppice plan show --run 261124-k3x9',
    )
    .action(async (file: string | undefined, options: Options, command: Command) => {
      if (file === undefined && options.run === undefined) {
        const code = { code: 'commander.missingArgument' };
        command.error("error: missing required argument 'file', or the option --run", code);
      }
      await (file === undefined ? showRunPlan(options.run ?? '', options) : showFile(file, options));
    });
}

async function showFile(file: string, options: Options): Promise<void> {
  if (options.run !== undefined) throw failure('BadInput', 'a file and --run name two plans: name one');
  if (options.format === 'yaml') throw failure('BadInput', '--format yaml shows the plan of a run (--run)');
  const check = await checkFile(file, options);
  if (!check.valid) {
    const { badPlan } = await import('../../../start/read-plan.ts');
    throw badPlan(file, check.errors);
  }
  const { plan, open = [] } = check;
  const output = makeOutput(process, asJson(options));
  for (const unit of open) output.note(openText(unit));
  print({ plan, made: null }, options);
}

async function showRunPlan(text: string, options: Options): Promise<void> {
  await withCoppice(async (coppice) => {
    const run = await coppice.run(text);
    const shown = await run.plan();
    const output = makeOutput(process, asJson(options));
    if (!output.json) output.note(`the plan of ${run.id} is ${shortSha(shown.commit)}`);
    if (options.format === 'yaml' && !output.json) output.text(shown.text.trimEnd());
    else print(shown, options);
  });
}

function asJson({ json = false, format }: Options): boolean {
  return json || format === 'json';
}

type Shown = { readonly plan: Plan } & Pick<RunPlan, 'made'> & Partial<Pick<RunPlan, 'commit'>>;

function print({ plan, made, commit }: Shown, options: Options): void {
  const output = makeOutput(process, asJson(options));
  if (asJson(options)) output.document('plan-graph', planGraph(plan, commit));
  else if (options.format === 'mermaid') output.text(planMermaid(plan));
  else if (options.format === 'dot') output.text(planDot(plan));
  else output.text(madePlanText({ plan, made, costUsd: null }, process.stdout));
}
