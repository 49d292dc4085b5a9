// `coppice skip`: leaves a unit out; units that need it continue without it. Works even in a run that has ended.

import type { Command } from 'commander';
import { jsonOption } from '../json-option.ts';
import { makeOutput } from '../output.ts';
import { withCoppice } from '../session.ts';

export function addSkip(program: Command): void {
  program
    .command('skip')
    .description('leave out a unit; the units that need it continue without it')
    .argument('<run>', 'the run, or any unique part of its id; a run that has ended is reopened')
    .argument('<unit>', 'the unit; if an agent works on it, it is cancelled first')
    .addOption(jsonOption(['skip']))
    .addHelpText('after', '\nExample:\n  $ coppice skip 261124-k3x9 parse-duration')
    .action(async (text: string, unit: string, { json = false }: { json?: boolean }) => {
      const output = makeOutput(process, json);
      await withCoppice(async (coppice) => {
        const run = await coppice.run(text, { changing: true });
        await run.skipUnit(unit);
        if (json) output.document('skip', { run: run.id, unit, skipping: true });
        else output.text(`${unit} of ${run.id} is left out; the units that need it continue without it`);
      });
    });
}
