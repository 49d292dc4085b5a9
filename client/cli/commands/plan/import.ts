// `coppice plan import`: makes a plan file of a plan that another tool wrote. Needs no server.

import { type Command, Option } from 'commander';
import { planKinds, type PlanKind } from '../../../../formats/plan-import/kinds.ts';
import { importedText, importNoteText } from '../../present/imported-plan.ts';
import { jsonOption } from '../../json-option.ts';
import { makeOutput } from '../../output.ts';
import { writeNewFile } from '../../new-file.ts';

interface Options {
  readonly from?: PlanKind;
  readonly tag?: string;
  readonly out?: string;
  readonly json?: boolean;
}

export function addImport(plan: Command): void {
  plan
    .command('import')
    .description('make a plan file of a plan that another tool wrote')
    .argument(
      '<file>',
      'tasks.md of spec-kit, tasks.json of Task Master, an export of beads, or issues of GitHub as JSON',
    )
    .addOption(new Option('--from <kind>', 'what wrote it (default: what the content says)').choices(planKinds))
    .option('--tag <tag>', 'which list of a Task Master file that has several')
    .option('--out <file>', 'write the plan there; it must not exist yet (default: print it)')
    .addOption(jsonOption(['plan-import']))
    .addHelpText(
      'after',
      [
        '\nWhat is done there is left out. What a plan cannot say is left out too, with what waits for it, and noted on stderr',
        'and at the head of the plan. Read it before you run it: texts of others become prompts.',
        '\nExamples:',
        '  $ coppice plan import specs/001-albums/tasks.md --out plan.yaml',
        '  $ coppice plan import .taskmaster/tasks/tasks.json --tag master > plan.yaml',
        '  $ bd export -o issues.jsonl && coppice plan import issues.jsonl --from beads --out plan.yaml',
      ].join('\n'),
    )
    .action(importOther);
}

async function importOther(file: string, { from, tag, out, json = false }: Options): Promise<void> {
  const output = makeOutput(process, json);
  const { readOtherPlan } = await import('../../../start/import-plan.ts');
  const imported = await readOtherPlan(file, { from, tag });
  if (out !== undefined) await writeNewFile(out, imported.text);
  for (const note of imported.notes) output.note(importNoteText(file, note));
  if (json) output.document('plan-import', { ...imported, out: out ?? null });
  else if (out === undefined) output.text(imported.text.trimEnd());
  else output.text(importedText(out, imported.units));
}
