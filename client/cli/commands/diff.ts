// `coppice diff`: a unit's change against its base, from its last checkpoint; needs no worker.

import type { Command } from 'commander';
import { jsonOption } from '../json-option.ts';
import { makeOutput } from '../output.ts';
import { patchText, statText } from '../present/diff.ts';
import { shortSha } from '../present/amounts.ts';
import { withCoppice } from '../session.ts';

interface Options {
  readonly stat?: boolean;
  readonly json?: boolean;
}

export function addDiff(program: Command): void {
  program
    .command('diff')
    .description('show a unit’s change against its base, from its last checkpoint')
    .argument('<run>', 'the run, any unique part of its id, or @latest')
    .argument('<unit>', 'the unit')
    .option('--stat', 'only the changed files and their line counts')
    .addOption(jsonOption(['diff']))
    .addHelpText(
      'after',
      '\nExamples:\n  $ coppice diff @latest parse-duration\n  $ coppice diff @latest parse-duration --stat',
    )
    .action(async (text: string, unit: string, { stat = false, json = false }: Options) => {
      const output = makeOutput(process, json);
      await withCoppice(async (coppice) => {
        const diff = await (await coppice.run(text)).diff(unit);
        if (json) output.document('diff', diff);
        else if (diff.files.length === 0) output.note(`${diff.unit} changes nothing against ${shortSha(diff.base)}`);
        else output.text(stat ? statText(diff, process.stdout) : patchText(diff, process.stdout));
      });
    });
}
