// `coppice init`: writes a first coppice.yaml for the repository here, derived from its files.

import type { Command } from 'commander';
import type { InitOptions } from '../run-init.ts';
import { jsonOption } from '../json-option.ts';

export function addInit(program: Command): void {
  program
    .command('init')
    .description('write coppice.yaml for this repository, from what its files say')
    .option('--yes', 'do not ask; use what was found')
    .addOption(jsonOption(['first-config'], 'print what was written as JSON; does not ask'))
    .addHelpText(
      'after',
      '\ncoppice.yaml says how the repository is set up and verified. On a terminal the command asks about each thing that it\nfound; elsewhere it uses what it found. It never overwrites a file.\n\nExamples:\n  $ coppice init\n  $ coppice init --yes && git add coppice.yaml',
    )
    .action(async (options: InitOptions) => (await import('../run-init.ts')).runInit(options));
}
