// `coppice retry`: a unit that has failed or was cancelled is begun anew, also in a run that has ended.

import type { Command } from 'commander';
import { jsonOption } from '../json-option.ts';
import { makeOutput } from '../output.ts';
import { withCoppice } from '../session.ts';

export function addRetry(program: Command): void {
  program
    .command('retry')
    .description('begin a unit anew that has failed or was cancelled; what was skipped because of it follows')
    .argument('<run>', 'the run, or any unique part of its id; one that has ended is opened again')
    .argument('<unit>', 'the unit; it starts from the target as it is now, with its whole budget')
    .addOption(jsonOption(['retry']))
    .addHelpText('after', '\nExample:\n  $ coppice retry 261124-k3x9 parse-duration')
    .action(async (text: string, unit: string, { json = false }: { json?: boolean }) => {
      const output = makeOutput(process, json);
      await withCoppice(async (coppice) => {
        const run = await coppice.run(text, { changing: true });
        await run.retryUnit(unit);
        if (json) output.document('retry', { run: run.id, unit, retrying: true });
        else output.text(`${unit} of ${run.id} begins anew\nfollow it with: coppice status ${run.id} --watch`);
      });
    });
}
