// Makes docs/commands.md from the command tree: the `--help` of each command, as a page to search and link to.

import type { Command, Option } from 'commander';
import { documentsOf } from '../../client/cli/json-option.ts';
import { exitCodes } from '../../client/cli/exit.ts';
import { makeProgram } from '../../client/cli/program.ts';
import { cell, generatedNote, table } from './markdown.ts';

const introduction = `Everything is one program; \`coppice COMMAND --help\` says what stands here. [install.md](install.md) says how to get it.

**RUN** is any unique part of a run’s id, or \`@latest\` for your latest run, which commands that change something refuse. **\`--json\`** prints one document with \`"version": 1\` on stdout (with \`--watch\` or \`--follow\` one a line) and everything for people on stderr, the schemas are in [schema/documents/](../schema/documents/); times are ISO 8601 in UTC, durations seconds, money USD. An error is then \`{"version":1,"error":{"type","message","hint","at"}}\`. Processes (\`dev\`, \`worker\`, \`gateway\`, \`mcp\`) print a line that starts with \`ready\` when they serve (\`mcp\` on stderr, unless it has a port) and log JSON lines to stderr; SIGTERM or Ctrl-C drains them, a second one stops them at once. What they read from the environment: [environment.md](environment.md).`;

const exitMeanings: Record<keyof typeof exitCodes, string> = {
  done: 'It did what was asked.',
  notGood: 'The run, the plan or the check is not good, or the action was refused.',
  badInput: 'Wrong usage or bad input.',
  unreachable: 'A server or remote cannot be reached.',
  notFound: 'There is no such run, unit or approval.',
  interrupted: 'Interrupted by Ctrl-C.',
};

export function commandReference(): string {
  const program = makeProgram();
  const commands = leavesOf(program);
  return (
    [
      generatedNote,
      '# Commands',
      introduction,
      table(
        ['command', ''],
        commands.map((command) => [link(fullName(command)), cell(command.description())]),
      ),
      ...commands.map(section),
      '## Exit codes',
      table(['code', 'meaning'], exitRows()),
    ].join('\n\n') + '\n'
  );
}

function exitRows(): string[][] {
  return Object.entries(exitCodes).map(([name, code]) => [String(code), exitMeanings[name as keyof typeof exitCodes]]);
}

/** The commands that do something; `plan` and `queue` only group others. */
function leavesOf(command: Command): Command[] {
  // Hidden commands are for programs.
  const visible = new Set(command.createHelp().visibleCommands(command));
  return command.commands.length === 0
    ? [command]
    : command.commands.filter((each) => visible.has(each)).flatMap(leavesOf);
}

function section(command: Command): string {
  const help = command.createHelp();
  const args = help.visibleArguments(command).map((argument) => [`\`${argument.name()}\``, cell(argument.description)]);
  const options = help.visibleOptions(command).filter(({ long }) => long !== '--help');
  const examples = examplesOf(command);
  return [
    `## \`${fullName(command)}\``,
    sentence(command.description()),
    `\`\`\`text\n${help.commandUsage(command)}\n\`\`\``,
    ...(args.length === 0 ? [] : [table(['argument', 'meaning'], args)]),
    ...(options.length === 0 ? [] : [table(['option', 'meaning', 'default'], options.map(optionCells))]),
    ...schemasOf(command),
    ...(examples === '' ? [] : [`\`\`\`sh\n${examples}\n\`\`\``]),
  ].join('\n\n');
}

function schemasOf(command: Command): string[] {
  const kinds = documentsOf(command);
  const links = kinds.map((kind) => `[${kind}](../schema/documents/${kind}.schema.json)`);
  return kinds.length === 0 ? [] : [`Schemas of what \`--json\` prints: ${links.join(', ')}.`];
}

function optionCells({ flags, description, argChoices, defaultValue }: Option): string[] {
  const [, meaning = description, described = ''] = /^(.*) \(default: (.*)\)$/.exec(description) ?? [];
  const choices = argChoices === undefined ? '' : `: ${argChoices.map((choice) => `\`${choice}\``).join(', ')}`;
  const given = ['string', 'number'].includes(typeof defaultValue) ? `\`${String(defaultValue)}\`` : described;
  return [`\`${cell(flags)}\``, cell(`${meaning}${choices}`), cell(given)];
}

/** The examples from `addHelpText`: lines that start with a prompt. */
function examplesOf(command: Command): string {
  let help = '';
  command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
  const lines = help.slice(help.lastIndexOf('\nExample')).split('\n');
  return lines.flatMap((line) => (line.startsWith('  $ ') ? [line.slice('  $ '.length)] : [])).join('\n');
}

function fullName(command: Command): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
}

function link(name: string): string {
  return `[\`${name}\`](#${name.replaceAll(' ', '-')})`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
