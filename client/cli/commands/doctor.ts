// `coppice doctor`: what a run needs and lacks. The code of its checks is loaded only when it runs.

import type { Command } from 'commander';
import type { DoctorOptions } from '../run-doctor.ts';
import { jsonOption } from '../json-option.ts';

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('check everything that a run needs, and say what to fix')
    .option('--repo <url>', 'the repository (default: the current clone’s origin)')
    .option(
      '--try',
      'also run the target’s setup and verification on this machine, as a run does before its first unit',
    )
    .addOption(jsonOption(['checks']))
    .addHelpText(
      'after',
      '\nIt changes nothing, sends no prompt to a model and takes about ten seconds. Exit code 1 = a check failed.\nFor up to four seconds it runs an empty workflow of its own on the Temporal server, then it deletes the workflow.\nIt checks with its own environment: run it the way you run the worker.\n\nWith --try it takes as long as setup and verification take, and shows what they print. It works in COPPICE_HOME, or in a\ntemporary folder while a worker uses COPPICE_HOME, and needs no Temporal server and no model.\n\nExamples:\n  $ coppice doctor\n  $ coppice doctor --try\n  $ coppice doctor --repo git@example.com:team/app.git --json',
    )
    .action(async (options: DoctorOptions) => (await import('../run-doctor.ts')).runDoctor(options));
}
