// `coppice retry`: restarts a unit that has failed or was cancelled, even in a run that has ended.

import type { Command } from 'commander';
import { jsonOption } from '../json-option.ts';
import { makeOutput } from '../output.ts';
import { withCoppice } from '../session.ts';

export function addRetry(program: Command): void {
  program
    .command('retry')
    .description('restart a failed or cancelled unit; units that were skipped because of it follow')
    .argument('<run>', 'the run, or any unique part of its id; a run that has ended is reopened')
    .argument('<unit>', 'the unit; it starts from the target as it is now, with its full budget')
    .addOption(jsonOption(['retry']))
    .addHelpText('after', '\nExample:\n  $ coppice retry 261124-k3x9 parse-duration')
    .action(async (text: string, unit: string, { json = false }: { json?: boolean }) => {
      const output = makeOutput(process, json);
      await withCoppice(async (coppice) => {
        const run = await coppice.run(text, { changing: true });
        await run.retryUnit(unit);
        if (json) output.document('retry', { run: run.id, unit, retrying: true });
        else output.text(`${unit} of ${run.id} starts again\nfollow it with: coppice status ${run.id} --watch`);
      });
    });
}
