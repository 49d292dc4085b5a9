// `coppice approvals`, `approve`, `deny` and `answer`: decisions on the command line. COPPICE_USER says who decides: a
// claim, not a proof.

import { type Command, Option } from 'commander';
import type { DecisionAnswer } from '../../../contracts/approval.ts';
import { type Remembering, rememberings } from '../../../contracts/tool-request.ts';
import { Exit, exitCodes } from '../exit.ts';
import { approvalsText, wholeApprovalText } from '../present/approvals.ts';
import { askYes, canAsk } from '../ask.ts';
import { followApprovals } from '../follow-approvals.ts';
import { failure } from '../../../contracts/failures.ts';
import { jsonOption } from '../json-option.ts';
import { makeOutput } from '../output.ts';
import { positiveUsd } from '../numbers.ts';
import { withCoppice } from '../session.ts';

interface Options {
  readonly json?: boolean;
}

interface ApproveOptions extends Options {
  readonly usd?: number;
  readonly remember?: Remembering;
  readonly yes?: boolean;
}

const approvalHelp = 'the approval: its id, any unique part of it, or its run';
const unitHelp = 'the unit, after a run';

export function addApprovals(program: Command): void {
  program
    .command('approvals')
    .description('list the decisions that wait for a person')
    .argument('[run]', 'only decisions of this run')
    .option('--watch', 'follow them until Ctrl-C; the terminal rings for what newly waits for you')
    .addOption(jsonOption(['approvals'], 'print JSON; with --watch one document per line'))
    .addHelpText('after', '\nExamples:\n  $ coppice approvals\n  $ coppice approvals --watch')
    .action(async (text: string | undefined, { watch = false, json = false }: Options & { watch?: boolean }) => {
      const output = makeOutput(process, json);
      await withCoppice(async (coppice) => {
        const { user } = coppice;
        const run = text === undefined ? undefined : await coppice.run(text);
        if (watch) return followApprovals({ watch: (options) => coppice.watchApprovals(run, options), output, user });
        const approvals = await coppice.approvals(run);
        if (json) output.document('approvals', { approvals });
        else {
          const page = await coppice.approvalsPage(run);
          output.text(approvalsText(approvals, process.stdout, { user, page }));
        }
      });
    });
  program
    .command('approve')
    .description('approve what an approval asks for')
    .argument('<approval>', approvalHelp)
    .argument('[unit]', unitHelp)
    .option('--usd <amount>', 'for a budget: USD to add (default: what the approval offers)', positiveUsd)
    .addOption(
      new Option(
        '--remember <until>',
        'for a tool call: the same call needs no approval until the unit, or the run, ends',
      ).choices(rememberings),
    )
    .option('--yes', 'on a terminal: do not show it and ask first')
    .addOption(jsonOption(['decision']))
    .addHelpText(
      'after',
      [
        '\nExamples:',
        '  $ coppice approve run:261124-k3x9:unit:parse-duration:approval:1',
        '  $ coppice approve k3x9 parse-duration',
        '  $ coppice approve run:261124-k3x9:approval:1 --usd 50',
      ].join('\n'),
    )
    .action((text: string, unit: string | undefined, { usd, remember, yes = false, json = false }: ApproveOptions) =>
      withCoppice(async (coppice) => {
        const id = await coppice.findApproval(text, unit);
        if (!yes && !json && canAsk()) {
          const view = await coppice.approval(id);
          process.stderr.write(`${wholeApprovalText(view, process.stderr, { user: coppice.user })}\n\n`);
          if (!(await askYes('Approve this?'))) throw new Exit(exitCodes.notGood);
        }
        printAnswer(id, await coppice.approve(id, { usd, remember }), json);
      }),
    );
  program
    .command('answer')
    .description('answer an agent’s question')
    .argument('<approval>', approvalHelp)
    .argument('<text>', 'the answer, at most 4,000 characters; or the unit, and then the answer')
    .argument('[answer]', 'the answer, if the unit stands before it')
    .addOption(jsonOption(['decision']))
    .addHelpText(
      'after',
      [
        '\nExamples:',
        '  $ coppice answer run:261124-k3x9:unit:parse-duration:approval:1 "Weeks count, too."',
        '  $ coppice answer k3x9 parse-duration "Weeks count, too."',
      ].join('\n'),
    )
    .action((text: string, second: string, third: string | undefined, { json = false }: Options) =>
      withCoppice(async (coppice) => {
        const [unit, answer] = third === undefined ? [undefined, second] : [second, third];
        const id = await coppice.findApproval(text, unit);
        // `answer RUN UNIT`: the unit would become the answer.
        if (unit === undefined && id.includes(`:unit:${answer}:`)) {
          const hint = `Put the answer after it: coppice answer ${text} ${answer} TEXT`;
          throw failure('BadInput', `${answer} is the unit that asks, and the answer is missing`, { hint });
        }
        printAnswer(id, await coppice.answer(id, answer), json, { approved: 'answered', denied: 'sent back' });
      }),
    );
  program
    .command('deny')
    .description('refuse what an approval asks for')
    .argument('<approval>', approvalHelp)
    .argument('[unit]', unitHelp)
    .option('--reason <text>', 'why; it goes into the report')
    .addOption(jsonOption(['decision']))
    .addHelpText(
      'after',
      '\nExample:\n  $ coppice deny run:261124-k3x9:unit:parse-duration:approval:1 --reason "breaks the old format"',
    )
    .action((text: string, unit: string | undefined, { reason, json = false }: Options & { reason?: string }) =>
      withCoppice(async (coppice) => {
        const id = await coppice.findApproval(text, unit, { decided: true });
        printAnswer(id, await coppice.deny(id, reason), json);
      }),
    );
}

/** `words`: how the approval is called when it was decided so. */
function printAnswer(
  id: string,
  answer: DecisionAnswer,
  json: boolean,
  words: Partial<Record<DecisionAnswer['status'], string>> = {},
): void {
  const output = makeOutput(process, json);
  if (json) output.document('decision', { id, status: answer.status });
  else if (answer.status === 'recorded') output.text('recorded; a worker will judge it as soon as one is running');
  else if (answer.status === 'open') output.text(`agreed; others must also agree (coppice approvals): ${id}`);
  else output.text(`${words[answer.status] ?? answer.status}: ${id}`);
}
