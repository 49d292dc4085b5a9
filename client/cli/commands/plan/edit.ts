// `coppice plan edit`: changes the plan of an open run in an editor, while people are asked about it or while it is carried
// out.

import type { Command } from 'commander';
import type { Run } from '../../../api.ts';
import type { EditedPlan, RunPlan } from '../../../types.ts';
import type { Output } from '../../output.ts';
import { count } from '../../../../domain/text/count.ts';
import { failure } from '../../../../contracts/failures.ts';
import { inertLine } from '../../present/columns.ts';
import { jsonOption } from '../../json-option.ts';
import { makeOutput } from '../../output.ts';
import { editInEditor } from '../../edit-plan.ts';
import { maxPlanBytes } from '../../../../formats/plan-file/plan-file.ts';
import { readUserFile } from '../../../read-user-file.ts';
import { shortSha } from '../../present/amounts.ts';
import { withCoppice } from '../../session.ts';

export function addEdit(plan: Command): void {
  plan
    .command('edit')
    .description('change the plan of an open run: what has not started')
    .argument('<run>', 'the run, or any unique part of its id')
    .option('--file <file>', 'take the plan in this file (default: open it in $VISUAL or $EDITOR)')
    .option('--from <commit>', 'the plan that the file was made from: refused if the run has another one by now')
    .addOption(jsonOption(['plan-edited']))
    .addHelpText(
      'after',
      [
        '\nWhile people are asked about a plan, the changed one takes its place, and what they have agreed to so far no',
        'longer counts. Later, units that have not started can be changed, added and removed; a rule about `plan` may ask people first.',
        '\nExamples:',
        '  $ coppice plan edit 261124-k3x9',
        '  $ coppice plan show --run 261124-k3x9 --format yaml > plan.yaml',
        '  $ coppice plan edit 261124-k3x9 --file plan.yaml --from 1f6c2d90',
      ].join('\n'),
    )
    .action(async (text: string, { file, from, json = false }: Options) => {
      const output = makeOutput(process, json);
      await withCoppice(async (coppice) => {
        const run = await coppice.run(text, { changing: true });
        const before = await run.plan();
        if (from !== undefined) refuseOther(run, before, from);
        const edited =
          file === undefined
            ? await editInEditor(run, before, output)
            : await run.editPlan(before.commit, await readUserFile(file, maxPlanBytes), { file });
        printEdited(run, before, edited, output);
      });
    });
}

interface Options {
  readonly file?: string;
  readonly from?: string;
  readonly json?: boolean;
}

/** Others may have changed the plan since the file was made, and their change would be lost. */
function refuseOther(run: Run, { commit }: RunPlan, from: string): void {
  if (!/^[0-9a-f]{7,40}$/.test(from))
    throw failure('BadInput', `--from takes the first 7 or more digits of a commit, not ${JSON.stringify(from)}`);
  if (commit.startsWith(from)) return;
  throw failure('Refused', `the plan of ${run.id} is ${shortSha(commit)} now`, {
    hint: `Nothing was changed. \`coppice plan show --run ${run.id} --format yaml\` shows it.`,
  });
}

function printEdited(run: Run, before: RunPlan, edited: EditedPlan | null, output: Output): void {
  for (const warning of edited?.warnings ?? []) output.note(`warning: ${inertLine(warning)}`);
  if (output.json) {
    const { commit = before.commit, asks = false, units = before.plan.units.length, warnings = [] } = edited ?? {};
    return output.document('plan-edited', {
      run: run.id,
      before: before.commit,
      commit,
      asks,
      units,
      warnings: [...warnings],
    });
  }
  if (edited === null) return output.text('nothing was changed');
  const { commit, asks, units } = edited;
  output.text(
    `the plan of ${run.id} is now ${shortSha(commit)}, with ${count(units, 'unit')} (it was ${shortSha(before.commit)})`,
  );
  output.text(
    asks
      ? `people are asked about it; what they agreed to before no longer counts: coppice approvals ${run.id}`
      : `the run goes on with it: coppice status ${run.id} --watch`,
  );
}
