// `coppice resolve`: a person's own result in place of an agent's, from a folder that `coppice checkout` has made.

import type { Command } from 'commander';
import type { UnitResolution } from '../../unit/unit-resolution.ts';
import { count } from '../../../domain/text/count.ts';
import { jsonOption } from '../json-option.ts';
import { makeOutput } from '../output.ts';
import { shortSha } from '../present/amounts.ts';
import { withCoppice } from '../session.ts';

export function addResolve(program: Command): void {
  program
    .command('resolve')
    .description('take the files of a checkout as a unit’s result, to resolve a conflict by hand')
    .argument('<run>', 'the run, or any unique part of its id; a run that has ended is reopened')
    .argument('<unit>', 'the unit, which asks about a conflict, or has failed')
    .argument('<dir>', 'the folder that `coppice checkout` has made')
    .addOption(jsonOption(['resolved']))
    .addHelpText(
      'after',
      [
        '\nExample:',
        '  $ coppice checkout 261124-k3x9 parse-duration ./parse-duration',
        '  $ coppice resolve 261124-k3x9 parse-duration ./parse-duration',
      ].join('\n'),
    )
    .action(async (text: string, unit: string, directory: string, { json = false }: { json?: boolean }) => {
      const output = makeOutput(process, json);
      await withCoppice(async (coppice) => {
        const run = await coppice.run(text, { changing: true });
        const resolved = await run.resolve(unit, directory);
        if (json) output.document('resolved', resolved);
        else output.text(resolvedText(resolved));
      });
    });
}

function resolvedText({ run, unit, base, files, status }: UnitResolution): string {
  return [
    `${unit} of ${run} has your result: ${count(files, 'changed file')} on ${shortSha(base)}`,
    next[status],
    `follow it with: coppice status ${run} --watch`,
  ].join('\n');
}

const judged = 'it is judged next, then verified in the merge queue like any other';
const next: Readonly<Record<UnitResolution['status'], string>> = {
  approved: judged,
  open: `others must agree before ${judged} (coppice approvals)`,
  recorded: 'a worker will judge it as soon as one is running',
  retrying: `the unit begins anew with it: ${judged}`,
};
