// What helps after a command line that commander refuses: how the command is called, and which command shows what is
// missing. Pure but for `explainWrongUsage`, which makes a command tree throw it.

import { type Command, CommanderError } from 'commander';

/** The commands that show what an argument may be, by its name. */
const shownBy: Readonly<Record<string, string>> = {
  run: '`coppice list` shows the runs.',
  unit: '`coppice status RUN` shows the units of a run.',
  entry: '`coppice queue list` shows what is in the queue, as RUN/UNIT.',
  approval: '`coppice approvals` shows what waits for a decision.',
};
/** Arguments that are texts, which shells split at spaces. */
const texts = ['text', 'answer'];

export class WrongUsage extends CommanderError {
  /** Empty if commander has printed the help already. */
  readonly hint: string;
  constructor({ exitCode, code, message }: CommanderError, command: Command) {
    super(exitCode, code, message);
    this.hint = hintAfter(code, message, command);
  }
}

/** Makes every command of the tree throw `WrongUsage` in place of commander's own errors. */
export function explainWrongUsage(command: Command): void {
  command.exitOverride((error) => {
    throw error.exitCode === 0 ? error : new WrongUsage(error, command);
  });
  for (const nested of command.commands) explainWrongUsage(nested);
}

function hintAfter(code: string, message: string, command: Command): string {
  const name = fullName(command);
  switch (code) {
    case 'commander.help':
      return '';
    case 'commander.missingArgument': {
      const [, argument = ''] = /'([\w-]+)'/.exec(message) ?? [];
      return [`Usage: ${name} ${command.usage()}.`, shownBy[argument] ?? seeHelp(name)].join(' ');
    }
    case 'commander.unknownCommand':
      return `\`${name} --help\` lists the commands.`;
    case 'commander.excessArguments': {
      const last = command.registeredArguments.at(-1)?.name() ?? '';
      return texts.includes(last) ? `Put a text of several words in quotes. ${seeHelp(name)}` : seeHelp(name);
    }
    default:
      return seeHelp(name);
  }
}

function seeHelp(name: string): string {
  return `See \`${name} --help\`.`;
}

function fullName(command: Command): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
}
