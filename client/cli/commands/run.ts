// `coppice run`: checks everything, asks on a terminal, starts the run and watches it to its end.

import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import type { Coppice, PreparedRun, Run } from '../../api.ts';
import type { Output } from '../output.ts';
import { Exit, exitCodes } from '../exit.ts';
import { followRun } from '../follow-run.ts';
import { inertLine } from '../present/inert.ts';
import { jsonOption } from '../json-option.ts';
import { makeOutput } from '../output.ts';
import { originHere } from '../origin.ts';
import { reportText } from '../present/report.ts';
import { withCoppice } from '../session.ts';

interface Options {
  readonly repo?: string;
  readonly branch?: string;
  readonly config?: string;
  readonly id?: string;
  readonly yes?: boolean;
  readonly detach?: boolean;
  readonly watch?: boolean;
  readonly json?: boolean;
}

export function addRun(program: Command): void {
  program
    .command('run')
    .description('run a plan: start it, watch it, print its report')
    .argument('<plan>', 'the plan file, YAML or JSON')
    .option('--repo <url>', 'the repository (default: the origin of the one here)')
    .option('--branch <branch>', 'the target branch (default: that of coppice.yaml, or the remote’s)')
    .option('--config <file>', 'replaces agent, run, worktree and sandbox of the branch’s coppice.yaml')
    .option('--id <id>', 'the run’s id (default: yymmdd-xxxx)')
    .option('--yes', 'do not ask')
    .option('--detach', 'only start it')
    .option('--watch', 'with --json: an event a line before the report')
    .addOption(jsonOption(['report', 'event', 'run-started'], 'print the report as JSON'))
    .addHelpText(
      'after',
      '\nExamples:\n  $ coppice run plan.yaml\n  $ coppice run plan.yaml --repo git@example.com:team/app.git --branch main --yes --detach\n  $ coppice run plan.yaml --json > report.json',
    )
    .action((plan: string, options: Options) => withCoppice((coppice) => runPlan(coppice, plan, options)));
}

async function runPlan(coppice: Coppice, plan: string, options: Options): Promise<void> {
  const { json = false, detach = false } = options;
  const output = makeOutput(process, json);
  const { branch, config, id } = options;
  const request = {
    plan,
    repository: options.repo ?? (await originHere()),
    ...(branch === undefined ? {} : { branch }),
    ...(config === undefined ? {} : { config }),
    ...(id === undefined ? {} : { id }),
  };
  const prepared = await coppice.prepare(request);
  await confirm(prepared, options, output);
  const run = await coppice.start(request, prepared);
  await sayWhenNobodyPolls(coppice, output);
  if (detach) {
    if (json) output.document('run-started', { run: run.id });
    else output.text(`${run.id}\nfollow it with: coppice status ${run.id} --watch`);
    return;
  }
  if (!json) output.note(`run ${run.id} on ${prepared.branch} of ${inertLine(prepared.repository)}`);
  await watchToTheEnd(run, { ...options, user: coppice.user }, output);
}

async function watchToTheEnd(
  run: Run,
  { json = false, watch = false, user }: Options & { readonly user: string },
  output: Output,
): Promise<void> {
  const live = !json && process.stdout.isTTY;
  if (json && !watch) await followRun(run, { output: { ...output, text: output.note }, live: false, user });
  else await followRun(run, { output, live, jsonEvents: json, user, clearAtEnd: true });
  const report = await run.result();
  if (json) output.document('report', report);
  else output.text(reportText(report, process.stdout));
  if (report.status !== 'completed') throw new Exit(exitCodes.notGood);
}

/** On a terminal: what will happen, what it can cost at most, and a question. Elsewhere only the warnings. */
async function confirm(prepared: PreparedRun, { yes = false, json = false }: Options, output: Output): Promise<void> {
  for (const warning of prepared.warnings) output.note(`warning: ${inertLine(warning)}`);
  if (yes || json || !process.stdin.isTTY || !process.stdout.isTTY) return;
  const { plan, config, branch, repository, maxCostUsd } = prepared;
  output.note(
    [
      `target   ${branch} of ${inertLine(repository)}`,
      `units    ${plan.units.length}, at most ${config.run.parallel} at once`,
      `model    ${inertLine(config.agent.model)}`,
      `cost     ${maxCostUsd === null ? 'no limit' : `at most $${maxCostUsd.toFixed(2)}`}`,
    ].join('\n'),
  );
  const question = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await question.question('Start it? [y/N] ').finally(() => question.close());
  if (!/^y(es)?$/i.test(answer.trim())) throw new Exit(exitCodes.notGood);
}

async function sayWhenNobodyPolls(coppice: Coppice, output: Output): Promise<void> {
  const queues = await coppice.unpolledQueues();
  if (queues.length === 0) return;
  output.note(
    `no worker is polling ${queues.join(', ')}: the run waits until one does. Start one with: coppice worker`,
  );
}
