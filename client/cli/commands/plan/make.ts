// `coppice plan make`: a planning session makes a plan of a goal, and nothing else happens.

import type { Command } from 'commander';
import type { Coppice, Run } from '../../../api.ts';
import type { Output } from '../../output.ts';
import { Exit, exitCodes } from '../../exit.ts';
import { confirmStart } from '../../confirm-start.ts';
import { followRun } from '../../follow-run.ts';
import { inertLine } from '../../present/columns.ts';
import { jsonOption } from '../../json-option.ts';
import { madePlanText } from '../../present/made-plan.ts';
import { makeOutput } from '../../output.ts';
import { originHere } from '../../origin.ts';
import { readGoalOption } from '../../read-goal.ts';
import { refuseExisting, writeNewFile } from '../../new-file.ts';
import { reportText } from '../../present/report.ts';
import { unlessUnreachable, withCoppice } from '../../session.ts';

interface Options {
  readonly goal: string;
  readonly out?: string;
  readonly repo?: string;
  readonly branch?: string;
  readonly config?: string;
  readonly id?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export function addMake(plan: Command): void {
  plan
    .command('make')
    .description('have a planning session make a plan of a goal')
    .requiredOption('--goal <text>', 'what should change, as text or in a file')
    .option('--out <file>', 'write the plan there; it must not exist yet (default: print it)')
    .option('--repo <url>', 'the repository (default: the current clone’s origin)')
    .option('--branch <branch>', 'the target branch (default: the one in coppice.yaml, or the remote’s default)')
    .option('--config <file>', 'a file that replaces agent, run, worktree and sandbox of the branch’s coppice.yaml')
    .option('--id <id>', 'the id of the run that plans (default: yymmdd-xxxx)')
    .option('--yes', 'do not ask')
    .addOption(jsonOption(['plan-made']))
    .addHelpText(
      'after',
      [
        '\nIt costs what the session costs (agent.planning.budgetUsd at most), and changes nothing in the repository.',
        '\nExamples:',
        '  $ coppice plan make --goal "Replace moment by date-fns" --out plan.yaml',
        '  $ coppice plan make --goal goal.md > plan.yaml',
      ].join('\n'),
    )
    .action(async (options: Options) => {
      const output = makeOutput(process, options.json ?? false);
      if (options.out !== undefined) await refuseExisting(options.out);
      await withCoppice((coppice) => makePlan(coppice, options, output));
    });
}

async function makePlan(coppice: Coppice, options: Options, output: Output): Promise<void> {
  const { out, repo, branch, config, id, yes = false } = options;
  const request = {
    goal: await readGoalOption(options.goal),
    planOnly: true,
    folder: process.cwd(),
    repository: repo ?? (await originHere()),
    ...(branch === undefined ? {} : { branch }),
    ...(config === undefined ? {} : { config }),
    ...(id === undefined ? {} : { id }),
  };
  const [prepared, unpolled] = await Promise.all([
    coppice.prepare(request),
    unlessUnreachable(() => coppice.unpolledQueues()),
  ]);
  const says = unpolled === null ? null : { unpolled, same: [] };
  await confirmStart({ prepared, says, yes }, output);
  const run = await coppice.start(request, prepared);
  output.note(`run ${run.id} plans for ${prepared.branch} of ${inertLine(prepared.repository)}`);
  const quiet = { ...output, text: output.note };
  const live = !output.json && process.stderr.isTTY && process.stdout.isTTY;
  await followRun(run, { output: quiet, live, user: coppice.user, clearAtEnd: true });
  await printPlan(run, out, output);
}

async function printPlan(run: Run, out: string | undefined, output: Output): Promise<void> {
  const report = await run.result();
  if (report.status !== 'completed') {
    output.note(reportText(report, process.stderr));
    if (output.json) output.document('report', report);
    throw new Exit(exitCodes.notGood);
  }
  const { plan, source: text, made, commit } = await run.plan();
  const { warnings = [], why = '', lookedAt = [] } = made ?? {};
  if (out !== undefined) await writeNewFile(out, text);
  if (output.json) {
    const { costUsd } = report;
    const units = plan.units.length;
    return output.document('plan-made', {
      run: run.id,
      commit,
      units,
      text,
      why,
      lookedAt: [...lookedAt],
      warnings: [...warnings],
      costUsd,
      out: out ?? null,
    });
  }
  output.note(madePlanText({ plan, made, costUsd: report.costUsd }, process.stderr));
  if (out === undefined) output.text(text.trimEnd());
  else output.text(`${inertLine(out)} has the plan; run it with: coppice run ${inertLine(out)}`);
}
