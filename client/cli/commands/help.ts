// `coppice help COMMAND`: what `COMMAND --help` prints, for nested commands too.

import type { Command } from 'commander';

export function addHelp(program: Command): void {
  program.helpCommand(false);
  program
    .command('help')
    .description('show how to use a command')
    .argument('[command...]', 'the command, for example plan validate')
    .addHelpText('after', '\nExample:\n  $ coppice help plan validate')
    .action((names: readonly string[]) => showHelp(program, names));
}

async function showHelp(command: Command, [name, ...rest]: readonly string[]): Promise<void> {
  // Words after a whole command are its arguments.
  if (name === undefined || command.commands.length === 0) return command.help();
  const next = command.commands.find((candidate) => candidate.name() === name);
  if (next !== undefined) return showHelp(next, rest);
  // Refused as anywhere else, with suggestions.
  await command.parseAsync([name], { from: 'user' });
}
