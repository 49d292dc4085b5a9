// `coppice board`: what the agents of a run tell each other.

import type { Command } from 'commander';
import type { Run, RunBoard } from '../../api.ts';
import type { Output } from '../output.ts';
import { boardNews, boardText } from '../present/board.ts';
import { jsonOption } from '../json-option.ts';
import { makeOutput } from '../output.ts';
import { saySilence, untilInterrupted } from '../interrupt.ts';
import { withCoppice } from '../session.ts';

interface Options {
  readonly follow?: boolean;
  readonly json?: boolean;
}

export function addBoard(program: Command): void {
  program
    .command('board')
    .description('show what the agents of a run tell each other: messages, notes, claims of files')
    .argument('<run>', 'the run, any unique part of its id, or @latest')
    .option('--follow', 'keep printing what is new until the run ends')
    .addOption(jsonOption(['board'], 'print JSON; with --follow one document per line'))
    .addHelpText('after', '\nExamples:\n  $ coppice board @latest\n  $ coppice board 261124-k3x9 --follow')
    .action(async (text: string, { follow = false, json = false }: Options) => {
      const output = makeOutput(process, json);
      await withCoppice(async (coppice) => {
        const run = await coppice.run(text);
        if (follow) await followBoard(run, output);
        else print(await run.board(), output);
      });
    });
}

function print(board: RunBoard, output: Output): void {
  if (output.json) output.document('board', board);
  else output.text(boardText(board, process.stdout));
}

async function followBoard(run: Run, output: Output): Promise<void> {
  await untilInterrupted(
    async (signal) => {
      let before: RunBoard | null = null;
      for await (const board of run.watchBoard({ signal, onSilence: saySilence(output) })) {
        const news: string = before === null ? '' : boardNews(before, board, process.stdout);
        if (output.json || before === null) print(board, output);
        else if (news !== '') output.text(news);
        before = board;
      }
    },
    () => output.note('stopped following; the run continues'),
  );
}
