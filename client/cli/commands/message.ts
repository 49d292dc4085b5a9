// `coppice message`: sends a message to a unit's agent, which gets it at its next turn.

import type { Command } from 'commander';
import { jsonOption } from '../json-option.ts';
import { makeOutput } from '../output.ts';
import { withCoppice } from '../session.ts';

export function addMessage(program: Command): void {
  program
    .command('message')
    .description('send a message to a unit’s agent, which gets it at its next turn')
    .argument('<run>', 'the run, or any unique part of its id')
    .argument('<unit>', 'the unit; it must have begun and not have ended')
    .argument('<text>', 'at most 4,000 characters')
    .addOption(jsonOption(['message']))
    .addHelpText('after', '\nExample:\n  $ coppice message 261124-k3x9 parse-duration "Weeks count, too."')
    .action(async (text: string, unit: string, words: string, { json = false }: { json?: boolean }) => {
      const output = makeOutput(process, json);
      await withCoppice(async (coppice) => {
        const run = await coppice.run(text, { changing: true });
        await run.message(unit, words);
        if (json) output.document('message', { run: run.id, unit, sent: true });
        else output.text(`${unit} of ${run.id} gets it at its next turn`);
      });
    });
}
