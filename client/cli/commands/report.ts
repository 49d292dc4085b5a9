// `coppice report`: how a run ended, from git; needs no worker.

import type { Command } from 'commander';
import type { Report } from '../../../contracts/documents/report.ts';
import { Option } from 'commander';
import { jsonOption } from '../json-option.ts';
import { makeOutput } from '../output.ts';
import { reportHtml } from '../present/report-page/page.ts';
import { reportMarkdown } from '../present/report-markdown.ts';
import { reportText } from '../present/report.ts';
import { withCoppice } from '../session.ts';

interface Options {
  readonly json?: boolean;
  readonly format: (typeof formats)[number];
}

const formats = ['text', 'markdown', 'html', 'json'] as const;

const printed: Record<Exclude<Options['format'], 'json'>, (report: Report) => string> = {
  text: (report) => reportText(report, process.stdout),
  markdown: reportMarkdown,
  html: reportHtml,
};

export function addReport(program: Command): void {
  program
    .command('report')
    .description('print the report of a run that has ended')
    .argument('<run>', 'the run, any unique part of its id, or @latest')
    .addOption(new Option('--format <format>', 'how to print it').choices(formats).default('text'))
    .addOption(jsonOption(['report'], 'the same as --format json'))
    .addHelpText(
      'after',
      '\nExamples:\n  $ coppice report @latest\n  $ coppice report 261124-k3x9 --format markdown\n  $ coppice report 261124-k3x9 --format html > report.html',
    )
    .action(async (text: string, { json = false, format }: Options) => {
      const how = json ? 'json' : format;
      const output = makeOutput(process, how === 'json');
      await withCoppice(async (coppice) => {
        const report = await (await coppice.run(text)).report();
        if (how === 'json') output.document('report', report);
        else output.text(printed[how](report));
      });
    });
}
