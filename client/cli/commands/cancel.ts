// `coppice cancel`: a run, or one unit of it. Work that was checkpointed stays.

import type { Command } from 'commander';
import { jsonOption } from '../json-option.ts';
import { makeOutput } from '../output.ts';
import { withCoppice } from '../session.ts';

export function addCancel(program: Command): void {
  program
    .command('cancel')
    .description('cancel a run, or one of its units')
    .argument('<run>', 'the run, or any unique part of its id')
    .argument('[unit]', 'only this unit; the units that need it are skipped')
    .addOption(jsonOption(['cancellation']))
    .addHelpText('after', '\nExamples:\n  $ coppice cancel 261124-k3x9\n  $ coppice cancel 261124-k3x9 parse-duration')
    .action(async (text: string, unit: string | undefined, { json = false }: { json?: boolean }) => {
      const output = makeOutput(process, json);
      await withCoppice(async (coppice) => {
        const run = await coppice.run(text, { changing: true });
        await (unit === undefined ? run.cancel() : run.cancelUnit(unit));
        if (json)
          output.document('cancellation', { run: run.id, ...(unit === undefined ? {} : { unit }), cancelling: true });
        else output.text(`cancelling ${unit === undefined ? run.id : `${unit} of ${run.id}`}`);
      });
    });
}
