// `coppice run`: checks everything, asks on a terminal, starts the run and watches it to its end.

import type { Command } from 'commander';
import type { Coppice, Run, RunRequest } from '../../api.ts';
import type { Output } from '../output.ts';
import { Exit, exitCodes } from '../exit.ts';
import { canAsk } from '../ask.ts';
import { readGoalOption } from '../read-goal.ts';
import { confirmStart } from '../confirm-start.ts';
import { dryRun } from '../dry-run.ts';
import { followRun } from '../follow-run.ts';
import { inertLine } from '../present/columns.ts';
import { jsonOption } from '../json-option.ts';
import { makeOutput } from '../output.ts';
import { settlePlan } from '../settle-plan.ts';
import { originHere } from '../origin.ts';
import { reportText } from '../present/report.ts';
import { unlessUnreachable, withCoppice } from '../session.ts';

interface Options {
  readonly goal?: string;
  readonly repo?: string;
  readonly branch?: string;
  readonly config?: string;
  readonly id?: string;
  readonly allowRedBase?: boolean;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly detach?: boolean;
  readonly watch?: boolean;
  readonly json?: boolean;
}

export function addRun(program: Command): void {
  program
    .command('run')
    .description('run a plan, or a goal: start it, watch it, print its report')
    .argument('[plan]', 'the plan file, YAML or JSON')
    .option('--goal <text>', 'what should change, as text or in a file: a planning session makes the plan')
    .option('--repo <url>', 'the repository (default: the current clone’s origin)')
    .option('--branch <branch>', 'the target branch (default: the one in coppice.yaml, or the remote’s default)')
    .option('--config <file>', 'a file that replaces agent, run, worktree and sandbox of the branch’s coppice.yaml')
    .option('--id <id>', 'the run’s id (default: yymmdd-xxxx)')
    .option('--allow-red-base', 'start without asking even if the target fails its own verification')
    .option('--yes', 'do not ask')
    .option('--dry-run', 'check and show everything, start nothing; needs no server')
    .option('--detach', 'start the run and return at once')
    .option('--watch', 'with --json: print one event per line before the report')
    .addOption(jsonOption(['report', 'event', 'run-started', 'dry-run'], 'print the report as JSON'))
    .addHelpText(
      'after',
      '\nExamples:\n  $ coppice run plan.yaml\n  $ coppice run plan.yaml --dry-run\n  $ coppice run plan.yaml --repo git@example.com:team/app.git --branch main --yes --detach\n  $ coppice run plan.yaml --json > report.json\n  $ coppice run --goal "Replace moment by date-fns"',
    )
    .action(async (plan: string | undefined, options: Options, command: Command) => {
      if (plan === undefined && options.goal === undefined) {
        const code = { code: 'commander.missingArgument' };
        command.error("error: missing required argument 'plan', or the option --goal", code);
      }
      const output = makeOutput(process, options.json ?? false);
      const request = await readRequest(plan, options);
      await (options.dryRun === true
        ? dryRun(request, output)
        : withCoppice((coppice) => runPlan(coppice, request, { ...options, output })));
    });
}

async function readRequest(
  plan: string | undefined,
  { goal, repo, branch, config, id, allowRedBase, yes = false }: Options,
): Promise<RunRequest> {
  return {
    ...(plan === undefined ? {} : { plan }),
    // Whoever starts it at a terminal sees the plan before anything is spent on its units.
    ...(goal === undefined ? {} : { goal: await readGoalOption(goal), askAboutPlan: !yes && canAsk() }),
    folder: process.cwd(),
    repository: repo ?? (await originHere()),
    ...(branch === undefined ? {} : { branch }),
    ...(config === undefined ? {} : { config }),
    ...(id === undefined ? {} : { id }),
    ...(allowRedBase === undefined ? {} : { allowRedBase }),
  };
}

async function runPlan(
  coppice: Coppice,
  request: RunRequest,
  { output, ...options }: Options & { readonly output: Output },
): Promise<void> {
  const { yes = false, detach = false } = options;
  const [prepared, unpolled] = await Promise.all([
    coppice.prepare(request),
    unlessUnreachable(() => coppice.unpolledQueues()),
  ]);
  const says = unpolled === null ? null : { unpolled, same: await coppice.sameRuns(prepared) };
  await confirmStart({ prepared, says, yes }, output);
  const run = await coppice.start(request, prepared);
  if (detach) {
    if (output.json) output.document('run-started', { run: run.id });
    else
      output.text([run.id, `follow it with: coppice status ${run.id} --watch`, ...(await pageLines(run))].join('\n'));
    return;
  }
  if (!output.json) output.note(`run ${run.id} on ${prepared.branch} of ${inertLine(prepared.repository)}`);
  if (!output.json) for (const line of await pageLines(run)) output.note(line);
  if (request.askAboutPlan === true && !output.json) await settlePlan(coppice, run, output);
  await watchToTheEnd(run, { ...options, user: coppice.user }, output);
}

async function pageLines(run: Run): Promise<string[]> {
  const page = await run.webUiPage();
  return page === null ? [] : [`in the Web UI: ${page}`];
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
