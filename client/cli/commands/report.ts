// `coppice report`: how a run ended, from git; needs no worker.

import type { Command } from 'commander';
import { Option } from 'commander';
import { jsonOption } from '../json-option.ts';
import { makeOutput } from '../output.ts';
import { reportMarkdown, reportText } from '../present/report.ts';
import { withCoppice } from '../session.ts';

interface Options {
  readonly json?: boolean;
  readonly format: 'text' | 'markdown' | 'json';
}

export function addReport(program: Command): void {
  program
    .command('report')
    .description('the report of a run that has ended')
    .argument('<run>', 'the run, any unique part of its id, or @latest')
    .addOption(new Option('--format <format>', 'how to print it').choices(['text', 'markdown', 'json']).default('text'))
    .addOption(jsonOption(['report'], 'the same as --format json'))
    .addHelpText('after', '\nExamples:\n  $ coppice report @latest\n  $ coppice report 261124-k3x9 --format markdown')
    .action(async (text: string, { json = false, format }: Options) => {
      const asJson = json || format === 'json';
      const output = makeOutput(process, asJson);
      await withCoppice(async (coppice) => {
        const report = await (await coppice.run(text)).report();
        if (asJson) output.document('report', report);
        else output.text(format === 'markdown' ? reportMarkdown(report) : reportText(report, process.stdout));
      });
    });
}
