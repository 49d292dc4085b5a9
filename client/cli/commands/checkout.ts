// `coppice checkout`: a unit's files in a folder, to take the work over by hand; needs no worker.

import type { Command } from 'commander';
import { inertLine } from '../present/columns.ts';
import { jsonOption } from '../json-option.ts';
import { makeOutput } from '../output.ts';
import { shortSha } from '../present/amounts.ts';
import { withCoppice } from '../session.ts';

export function addCheckout(program: Command): void {
  program
    .command('checkout')
    .description('copy a unit’s files from its last checkpoint, to take over the work by hand')
    .argument('<run>', 'the run, any unique part of its id, or @latest')
    .argument('<unit>', 'the unit')
    .argument('<dir>', 'a new or an empty folder')
    .addOption(jsonOption(['checkout']))
    .addHelpText('after', '\nExample:\n  $ coppice checkout @latest parse-duration ./parse-duration')
    .action(async (text: string, unit: string, directory: string, { json = false }: { json?: boolean }) => {
      const output = makeOutput(process, json);
      await withCoppice(async (coppice) => {
        const run = await coppice.run(text);
        const made = await run.checkout(unit, directory);
        if (json) return output.document('checkout', made);
        output.text(
          [
            `the work on ${made.unit} is in ${inertLine(made.directory)}, not committed, on the branch ${made.branch} at ${shortSha(made.base)}`,
            `look at it with: git status`,
            `commit it there and push it: git push origin HEAD`,
            `if an agent still works on it, stop it with: coppice cancel ${made.run} ${made.unit}`,
          ].join('\n'),
        );
      });
    });
}
