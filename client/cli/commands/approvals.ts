// `coppice approvals`, `approve`, `deny` and `answer`: decisions on the command line. COPPICE_USER says who decides: a
// claim, not a proof.

import type { Command } from 'commander';
import type { DecisionAnswer } from '../../../contracts/approval.ts';
import { approvalsText } from '../present/approvals.ts';
import { jsonOption } from '../json-option.ts';
import { makeOutput } from '../output.ts';
import { positiveUsd } from '../numbers.ts';
import { withCoppice } from '../session.ts';

interface Options {
  readonly json?: boolean;
}

export function addApprovals(program: Command): void {
  program
    .command('approvals')
    .description('list the decisions that wait for a person')
    .argument('[run]', 'only decisions of this run')
    .addOption(jsonOption(['approvals']))
    .addHelpText('after', '\nExample:\n  $ coppice approvals')
    .action(async (text: string | undefined, { json = false }: Options) => {
      const output = makeOutput(process, json);
      await withCoppice(async (coppice) => {
        const run = text === undefined ? undefined : await coppice.run(text);
        const approvals = await coppice.approvals(run);
        if (json) output.document('approvals', { approvals });
        else output.text(approvalsText(approvals, process.stdout));
      });
    });
  program
    .command('approve')
    .description('approve what an approval asks for')
    .argument('<id>', 'the approval’s id')
    .option('--usd <amount>', 'for a budget: USD to add (default: what the approval offers)', positiveUsd)
    .addOption(jsonOption(['decision']))
    .addHelpText(
      'after',
      [
        '\nExamples:',
        '  $ coppice approve run:261124-k3x9:unit:parse-duration:approval:1',
        '  $ coppice approve run:261124-k3x9:approval:1 --usd 50',
      ].join('\n'),
    )
    .action((id: string, { usd, json = false }: Options & { usd?: number }) =>
      withCoppice(async (coppice) => printAnswer(id, await coppice.approve(id, { usd }), json)),
    );
  program
    .command('answer')
    .description('answer an agent’s question')
    .argument('<id>', 'the approval’s id')
    .argument('<text>', 'the answer, at most 4,000 characters')
    .addOption(jsonOption(['decision']))
    .addHelpText(
      'after',
      '\nExample:\n  $ coppice answer run:261124-k3x9:unit:parse-duration:approval:1 "Weeks count, too."',
    )
    .action((id: string, text: string, { json = false }: Options) =>
      withCoppice(async (coppice) => printAnswer(id, await coppice.answer(id, text), json)),
    );
  program
    .command('deny')
    .description('refuse what an approval asks for')
    .argument('<id>', 'the approval’s id')
    .option('--reason <text>', 'why; it goes into the report')
    .addOption(jsonOption(['decision']))
    .addHelpText(
      'after',
      '\nExample:\n  $ coppice deny run:261124-k3x9:unit:parse-duration:approval:1 --reason "breaks the old format"',
    )
    .action((id: string, { reason, json = false }: Options & { reason?: string }) =>
      withCoppice(async (coppice) => printAnswer(id, await coppice.deny(id, reason), json)),
    );
}

function printAnswer(id: string, answer: DecisionAnswer, json: boolean): void {
  const output = makeOutput(process, json);
  if (json) output.document('decision', { id, status: answer.status });
  else if (answer.status === 'recorded') output.text('recorded; a worker will judge it as soon as one is running');
  else if (answer.status === 'open') output.text(`agreed; others must also agree (coppice approvals): ${id}`);
  else output.text(`${answer.status}: ${id}`);
}
