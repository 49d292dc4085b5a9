// `coppice checkout`: a unit's files in a folder, to take the work over by hand; needs no worker.

import type { Command } from 'commander';
import type { UnitCheckout } from '../../unit/unit-checkout.ts';
import { inertLine } from '../present/columns.ts';
import { jsonOption } from '../json-option.ts';
import { makeOutput } from '../output.ts';
import { shortSha } from '../present/amounts.ts';
import { withCoppice } from '../session.ts';

export function addCheckout(program: Command): void {
  program
    .command('checkout')
    .description('copy a unit’s files from its last checkpoint, to take over the work by hand')
    .argument('<run>', 'the run, any unique part of its id, or @latest')
    .argument('<unit>', 'the unit')
    .argument('<dir>', 'a new or an empty folder')
    .addOption(jsonOption(['checkout']))
    .addHelpText('after', '\nExample:\n  $ coppice checkout @latest parse-duration ./parse-duration')
    .action(async (text: string, unit: string, directory: string, { json = false }: { json?: boolean }) => {
      const output = makeOutput(process, json);
      await withCoppice(async (coppice) => {
        const run = await coppice.run(text);
        const made = await run.checkout(unit, directory);
        if (json) return output.document('checkout', made);
        output.text(
          [...placeLines(made), ...(made.brief === undefined ? plainLines(made) : briefLines(made))].join('\n'),
        );
      });
    });
}

function placeLines({ unit, directory, branch, base }: UnitCheckout): string[] {
  return [
    `the work on ${unit} is in ${inertLine(directory)}, not committed, on the branch ${branch} at ${shortSha(base)}`,
    `look at it with: git status`,
  ];
}

function plainLines({ run, unit }: UnitCheckout): string[] {
  return [
    `commit it there and push it: git push origin HEAD`,
    `if an agent still works on it, stop it with: coppice cancel ${run} ${unit}`,
    `or let it land as the unit’s own, once the unit has failed: coppice resolve ${run} ${unit} DIR`,
  ];
}

/** Conflicts to list; `git status` there names all. */
const shown = 10;

function briefLines({ run, unit, directory, brief = '', conflicts = [] }: UnitCheckout): string[] {
  const more = conflicts.length - shown;
  return [
    `it is on the newest target; what both sides want, and what was tried: ${inertLine(brief)}`,
    ...conflicts.slice(0, shown).map(({ path, kind }) => `in conflict: ${inertLine(path)} (${inertLine(kind)})`),
    ...(more > 0 ? [`and ${more} more`] : []),
    `when the files are right: coppice resolve ${run} ${unit} ${inertLine(directory)}`,
  ];
}
