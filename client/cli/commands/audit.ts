// `coppice audit`: what people were asked about a run, what they decided, and what else they did; needs no worker.

import type { Command } from 'commander';
import { auditText } from '../present/audit.ts';
import { jsonOption } from '../json-option.ts';
import { makeOutput } from '../output.ts';
import { withCoppice } from '../session.ts';

export function addAudit(program: Command): void {
  program
    .command('audit')
    .description('show what people were asked about a run, each vote and refusal, and what else they did')
    .argument('<run>', 'the run, any unique part of its id, or @latest')
    .addOption(jsonOption(['audit']))
    .addHelpText('after', '\nExamples:\n  $ coppice audit @latest\n  $ coppice audit 261124-k3x9 --json > audit.json')
    .action(async (text: string, { json = false }: { readonly json?: boolean }) => {
      const output = makeOutput(process, json);
      await withCoppice(async (coppice) => {
        const audit = await (await coppice.run(text)).audit();
        if (json) output.document('audit', audit);
        else output.text(auditText(audit, process.stdout));
      });
    });
}
