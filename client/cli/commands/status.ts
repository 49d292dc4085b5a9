// `coppice status`: the state of a run, once or until its end.

import type { Command } from 'commander';
import { followRun } from '../follow-run.ts';
import { jsonOption } from '../json-option.ts';
import { makeOutput } from '../output.ts';
import { overviewOf, unitsShown } from '../../watch/overview.ts';
import { statusText } from '../present/status.ts';
import { withCoppice } from '../session.ts';

interface Options {
  readonly json?: boolean;
  readonly watch?: boolean;
  readonly all?: boolean;
}

export function addStatus(program: Command): void {
  program
    .command('status')
    .description('show what a run is doing')
    .argument('<run>', 'the run, any unique part of its id, or @latest')
    .option('--watch', 'follow the run until it ends')
    .option('--all', `list every unit, also in a run of more than ${unitsShown}`)
    .addOption(jsonOption(['status'], 'print JSON; with --watch one document per line'))
    .addHelpText('after', '\nExample:\n  $ coppice status @latest --watch')
    .action(async (text: string, { json = false, watch = false, all = false }: Options) => {
      const output = makeOutput(process, json);
      await withCoppice(async (coppice) => {
        const run = await coppice.run(text);
        if (watch && !json)
          return void (await followRun(run, { output, live: process.stdout.isTTY, user: coppice.user }));
        if (watch) {
          for await (const document of run.watch()) output.document('status', document);
          return;
        }
        if (json) return output.document('status', await run.status());
        const overview = all ? overviewOf(await run.status(), Infinity) : await run.overview();
        output.text(statusText(overview, process.stdout, { user: coppice.user, page: await run.webUiPage() }));
      });
    });
}
