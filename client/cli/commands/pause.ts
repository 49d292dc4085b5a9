// `coppice pause` and `coppice resume`: a paused run or unit keeps everything and spends nothing until it continues.

import type { Command } from 'commander';
import { jsonOption } from '../json-option.ts';
import { makeOutput } from '../output.ts';
import { withCoppice } from '../session.ts';

export function addPause(program: Command): void {
  program
    .command('pause')
    .description('pause a run, or one of its units, until it is resumed')
    .argument('<run>', 'the run, or any unique part of its id')
    .argument('[unit]', 'only this unit')
    .addOption(jsonOption(['pause']))
    .addHelpText(
      'after',
      [
        '\nCommands that agents run are stopped at once. A model that is already answering may finish its answer. Units that are',
        'in the merge queue still land.',
        '\nExamples:\n  $ coppice pause 261124-k3x9\n  $ coppice pause 261124-k3x9 parse-duration',
      ].join('\n'),
    )
    .action((text: string, unit: string | undefined, options: { json?: boolean }) => act(text, unit, true, options));
  program
    .command('resume')
    .description('continue a paused run, or one of its paused units')
    .argument('<run>', 'the run, or any unique part of its id')
    .argument('[unit]', 'only this unit')
    .addOption(jsonOption(['pause']))
    .addHelpText('after', '\nExamples:\n  $ coppice resume 261124-k3x9\n  $ coppice resume 261124-k3x9 parse-duration')
    .action((text: string, unit: string | undefined, options: { json?: boolean }) => act(text, unit, false, options));
}

async function act(text: string, unit: string | undefined, paused: boolean, { json = false }: { json?: boolean }) {
  const output = makeOutput(process, json);
  await withCoppice(async (coppice) => {
    const run = await coppice.run(text, { changing: true });
    await (paused ? run.pause(unit) : run.resume(unit));
    const what = unit === undefined ? run.id : `${unit} of ${run.id}`;
    const again = `coppice resume ${run.id}${unit === undefined ? '' : ` ${unit}`}`;
    if (json) output.document('pause', { run: run.id, ...(unit === undefined ? {} : { unit }), paused });
    else output.text(paused ? `${what} is paused; it continues with: ${again}` : `${what} continues`);
  });
}
