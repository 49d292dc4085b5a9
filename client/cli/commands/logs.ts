// `coppice logs`: the turns of a run's agents, from the journals; needs no worker.

import { isOpenStatus } from '../../../contracts/documents/report.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { LoggedTurn, Run } from '../../api.ts';
import type { Output } from '../output.ts';
import { inertLine } from '../present/columns.ts';
import { jsonOption } from '../json-option.ts';
import { makeOutput } from '../output.ts';
import { saySilence, untilInterrupted } from '../interrupt.ts';
import { setupLogText } from '../present/setup-log.ts';
import { turnText } from '../present/turns.ts';
import { unlessUnreachable, withCoppice } from '../session.ts';

interface Options {
  readonly follow?: boolean;
  readonly setup?: boolean;
  readonly json?: boolean;
}

export function addLogs(program: Command): void {
  program
    .command('logs')
    .description('show what the agents did, turn by turn')
    .argument('<run>', 'the run, any unique part of its id, or @latest')
    .argument('[unit]', 'only this unit')
    .option('--follow', 'keep printing until the run ends')
    .option('--setup', 'show what setups printed instead: the target’s before the first unit, and those that failed')
    .addOption(jsonOption(['turn', 'setup-log'], 'print JSON, one turn or log per line'))
    .addHelpText(
      'after',
      '\nExamples:\n  $ coppice logs @latest --follow\n  $ coppice logs 261124-k3x9 parse-duration\n  $ coppice logs @latest --setup',
    )
    .action(
      async (text: string, unit: string | undefined, { follow = false, setup = false, json = false }: Options) => {
        const output = makeOutput(process, json);
        await withCoppice(async (coppice) => {
          const run = await coppice.run(text);
          if (setup) return printSetupLogs(run, follow, output);
          const printed = follow ? await followTurns(run, unit, output) : await printTurns(run.turns(unit), output);
          if (printed > 0) return;
          const who = unit === undefined ? `no unit of ${run.id} has a` : `${inertLine(unit)} has no`;
          output.note(`${who} journal yet; what it does now: coppice status ${run.id}`);
        });
      },
    );
}

function followTurns(run: Run, unit: string | undefined, output: Output): Promise<number> {
  return untilInterrupted(
    (signal) => printTurns(run.turns(unit, { follow: true, signal, onSilence: saySilence(output) }), output),
    () => output.note('stopped following; the run continues'),
  );
}

/** Prints the turns and returns how many there were. */
async function printTurns(turns: AsyncIterable<LoggedTurn>, output: Output): Promise<number> {
  let printed = 0;
  for await (const turn of turns) {
    if (output.json) output.document('turn', turn);
    else output.text(`${printed === 0 ? '' : '\n'}${turnText(turn, process.stdout)}`);
    printed += 1;
  }
  return printed;
}

/** Prints the stored logs and the last line of each running setup; with `follow`, until the run has ended. */
async function printSetupLogs(run: Run, follow: boolean, output: Output): Promise<void> {
  const printed = new Set<string>();
  const printNew = async (): Promise<void> => {
    for (const log of await run.setupLogs()) {
      const key = `${log.name} ${log.at}`;
      if (printed.has(key)) continue;
      if (output.json) output.document('setup-log', { run: run.id, ...log });
      else output.text(`${printed.size === 0 ? '' : '\n'}${setupLogText(log, process.stdout)}`);
      printed.add(key);
    }
  };
  const atWork = setupsAtWork(run, output);
  if (follow) {
    await untilInterrupted(
      async (signal) => {
        for (let open = true; open && !signal.aborted;) {
          open = await atWork.note();
          await printNew();
          if (open) await sleep(2000, undefined, { signal }).catch(() => undefined);
        }
      },
      () => output.note('stopped following; the run continues'),
    );
  } else {
    await printNew();
    // Without a worker, only the stored logs can be read.
    await unlessUnreachable(() => atWork.note());
  }
  if (printed.size + atWork.noted() === 0) output.note(`no setup of ${run.id} has left a log`);
}

/** Prints the last line of each setup in progress, unless it was printed already. */
function setupsAtWork(run: Run, output: Output): { note(): Promise<boolean>; noted(): number } {
  const last = new Map<string, string>();
  const noteOnce = (key: string, line: string): void => {
    if (last.get(key) === line) return;
    last.set(key, line);
    output.note(inertLine(line));
  };
  return {
    /** Returns whether the run is open. */
    async note() {
      const { status, units, trying } = await run.status();
      if (trying !== undefined) noteOnce('', `the target: ${trying}`);
      for (const { id, doing } of units) if (doing?.startsWith('setup')) noteOnce(id, `${id} ${doing}`);
      return isOpenStatus(status);
    },
    noted: () => last.size,
  };
}
