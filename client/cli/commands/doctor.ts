// `coppice doctor`: what a run needs and lacks. What it looks with is loaded only when it runs.

import type { Command } from 'commander';
import type { DoctorOptions } from '../run-doctor.ts';
import { jsonOption } from '../json-option.ts';

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('look at each thing that a run needs, and say what to do')
    .option('--repo <url>', 'the repository (default: the origin of the one here)')
    .option('--try', 'also run setup and verification of the target here, as a run does before it begins')
    .addOption(jsonOption(['checks']))
    .addHelpText(
      'after',
      '\nIt changes nothing, asks no model anything and takes ten seconds or so. Exit code 1 = something fails.\nFor up to four seconds it keeps an empty workflow of its own on the Temporal server busy, and deletes it.\nIt looks with the environment that it is run in: run it as the worker is run.\n\nWith --try it takes as long as setup and verification do; what they print is shown as they run. It works in COPPICE_HOME, or\nin a temporary folder while a worker uses that, and needs no Temporal server and no model.\n\nExamples:\n  $ coppice doctor\n  $ coppice doctor --try\n  $ coppice doctor --repo git@example.com:team/app.git --json',
    )
    .action(async (options: DoctorOptions) => (await import('../run-doctor.ts')).runDoctor(options));
}
