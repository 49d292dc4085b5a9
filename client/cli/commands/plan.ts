// `coppice plan validate`: every error of a plan file at once, before anything is spent. Needs no server.

import type { Command } from 'commander';
import { Exit, exitCodes } from '../exit.ts';
import { criticalPath } from '../../../domain/dag.ts';
import { makeOutput } from '../output.ts';
import { maxPlanBytes, parsePlan } from '../../../domain/files/plan-file.ts';
import { readUserFile } from '../../read-user-file.ts';
import { validText, invalidText } from '../present/validate.ts';

export function addPlan(program: Command): void {
  program
    .command('plan')
    .description('work with plan files')
    .command('validate')
    .description('check a plan file: every error at once')
    .argument('<file>', 'YAML or JSON')
    .option('--json', 'print JSON')
    .action(async (file: string, { json = false }: { json?: boolean }) => {
      const output = makeOutput(process, json);
      const text = await readUserFile(file, maxPlanBytes);
      const parsed = parsePlan(text, file);
      if ('errors' in parsed) {
        if (json) output.document({ valid: false, units: 0, criticalPath: [], errors: parsed.errors });
        else output.text(invalidText(parsed.errors));
        throw new Exit(exitCodes.notGood);
      }
      const { units } = parsed.plan;
      const longest = criticalPath(units);
      if (json) output.document({ valid: true, units: units.length, criticalPath: longest, errors: [] });
      else output.text(validText(file, parsed.plan, longest));
    });
}
