// `coppice logs`: what the agents of a run did, turn by turn, from the journals; needs no worker.

import type { Command } from 'commander';
import type { LoggedTurn, Run } from '../../api.ts';
import type { Output } from '../output.ts';
import { inertLine } from '../present/inert.ts';
import { jsonOption } from '../json-option.ts';
import { makeOutput } from '../output.ts';
import { saySilence, untilInterrupted } from '../interrupt.ts';
import { turnText } from '../present/turns.ts';
import { withCoppice } from '../session.ts';

interface Options {
  readonly follow?: boolean;
  readonly json?: boolean;
}

export function addLogs(program: Command): void {
  program
    .command('logs')
    .description('what the agents did, turn by turn')
    .argument('<run>', 'the run, any unique part of its id, or @latest')
    .argument('[unit]', 'only this unit')
    .option('--follow', 'go on until the run has ended')
    .addOption(jsonOption(['turn'], 'print JSON, a turn a line'))
    .addHelpText('after', '\nExamples:\n  $ coppice logs @latest --follow\n  $ coppice logs 261124-k3x9 parse-duration')
    .action(async (text: string, unit: string | undefined, { follow = false, json = false }: Options) => {
      const output = makeOutput(process, json);
      await withCoppice(async (coppice) => {
        const run = await coppice.run(text);
        const printed = follow ? await followTurns(run, unit, output) : await printTurns(run.turns(unit), output);
        if (printed > 0) return;
        const who = unit === undefined ? `no unit of ${run.id}` : inertLine(unit);
        output.note(`${who} has ${unit === undefined ? 'a' : 'no'} journal yet`);
      });
    });
}

function followTurns(run: Run, unit: string | undefined, output: Output): Promise<number> {
  return untilInterrupted(
    (signal) => printTurns(run.turns(unit, { follow: true, signal, onSilence: saySilence(output) }), output),
    () => output.note('stopped following; the run goes on'),
  );
}

/** Answers how many there were. */
async function printTurns(turns: AsyncIterable<LoggedTurn>, output: Output): Promise<number> {
  let printed = 0;
  for await (const turn of turns) {
    if (output.json) output.document('turn', turn);
    else output.text(`${printed === 0 ? '' : '\n'}${turnText(turn, process.stdout)}`);
    printed += 1;
  }
  return printed;
}
