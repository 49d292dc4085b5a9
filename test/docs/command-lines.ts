// Checks command lines of the documents against the command tree and the scripts of package.json.

import type { Command, Option } from 'commander';
import { makeProgram } from '../../client/cli/program.ts';

const program = makeProgram();

/** Lines of a shell block, continuations joined. */
export function shellLines(text: string): string[] {
  return text.replaceAll(/\\\n\s*/g, ' ').split('\n');
}

/** What is wrong with the `coppice` commands of a line; `whole` = the line could be run as it stands. */
export function commandProblems(line: string, whole: boolean): string[] {
  return commandsIn(line).flatMap(([name = '', ...words]) => (name === 'coppice' ? checkWords(words, whole) : []));
}

/** What is wrong with the `npm run` and `npm test` of a line. */
export function scriptProblems(line: string, scripts: Readonly<Record<string, string>>): string[] {
  return commandsIn(line).flatMap(([npm, verb, ...rest]) => {
    if (npm !== 'npm' || (verb !== 'run' && verb !== 'test')) return [];
    const name = verb === 'test' ? 'test' : rest.find((word) => !word.startsWith('-'));
    return name === undefined || isPlaceholder(name) || name in scripts ? [] : [`there is no npm script ${name}`];
  });
}

/** The simple commands of a shell line, as words; a checkout's way to say `coppice` becomes that. */
function commandsIn(line: string): string[][] {
  const plain = line.replace(/^\s*\$ /, '').replaceAll(/(?<=\s)\d(?=[<>])/g, '');
  const words = plain.match(/"[^"]*"|'[^']*'|[|&;<>#]+|[^\s"'|&;<>]+/g) ?? [];
  const commands: string[][] = [[]];
  for (const word of words) {
    if (word.startsWith('#')) break;
    if (/^[|&;<>]+$/.test(word)) commands.push(/[<>]/.test(word) ? ['(redirection)'] : []);
    else commands.at(-1)?.push(word);
  }
  return commands.map((command) => {
    const start = command.findIndex((word) => !/^[A-Z_]+=/.test(word));
    const own = start === -1 ? [] : command.slice(start);
    return /^npm run (--silent )?coppice -- /.test(own.join(' '))
      ? ['coppice', ...own.slice(own.indexOf('--') + 1)]
      : own;
  });
}

function checkWords(words: readonly string[], whole: boolean): string[] {
  let command: Command = program;
  let rest = words;
  while (command.commands.length > 0) {
    const [name, ...others] = rest;
    if (name === undefined || isPlaceholder(name) || isHelp(name)) return [];
    const next = command.commands.find((candidate) => candidate.name() === name);
    if (next === undefined) return [`there is no command ${[...pathOf(command), name].join(' ')}`];
    command = next;
    rest = others;
  }
  return checkArguments(command, rest, whole);
}

function checkArguments(command: Command, words: readonly string[], whole: boolean): string[] {
  const name = pathOf(command).join(' ');
  const problems: string[] = [];
  let given = 0;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (isHelp(word)) return problems;
    if (word === '…') whole = false;
    else if (!word.startsWith('-')) given += 1;
    else {
      const [flag = '', attached] = word.split('=');
      const option = command.options.find(({ long, short }) => flag === long || flag === short);
      if (option === undefined) problems.push(`${name} has no option ${flag}`);
      else if (option.required) {
        const value = attached ?? words[++at];
        if (value === undefined ? whole : !isChoice(option, value))
          problems.push(`${flag} of ${name} has a wrong value`);
      }
    }
  }
  const isOpen = command.registeredArguments.some(({ variadic }) => variadic);
  const most = isOpen ? Infinity : command.registeredArguments.length;
  const least = command.registeredArguments.filter(({ required }) => required).length;
  if (given > most) problems.push(`${name} takes at most ${most} arguments`);
  if (whole && given < least) problems.push(`${name} takes at least ${least} arguments`);
  return problems;
}

function isChoice({ argChoices }: Option, value: string): boolean {
  return argChoices === undefined || isPlaceholder(value) || value.split('|').every((one) => argChoices.includes(one));
}

function isPlaceholder(word: string): boolean {
  return /^(?:…|[A-Z]+|<.*>|\[.*\])$/.test(word);
}

function isHelp(word: string): boolean {
  return word === '--help' || word === '-h';
}

function pathOf(command: Command): string[] {
  return [...(command.parent === null ? [] : pathOf(command.parent)), command.name()];
}
