// What may come next on a command line: commands, options, choices, and, where a command takes them, runs and units.
// Pure except for `ids`, which asks the server.

import type { Command, Option } from 'commander';

export type IdsOf = 'runs' | { readonly unitsOf: string } | 'asking-runs' | { readonly askingUnitsOf: string };

/** Known runs, the units of a run, or of both only those that wait for a decision; empty if no server answers soon. */
export type Ids = (of: IdsOf) => Promise<readonly string[]>;

/** `words` are those after `coppice`; the last one is still being typed, and may be empty. */
export async function completeWords(program: Command, words: readonly string[], ids: Ids): Promise<readonly string[]> {
  const typed = words.slice(0, -1);
  const last = words.at(-1) ?? '';
  const { command, rest } = descend(program, typed);
  const before = optionNamed(command, typed.at(-1) ?? '');
  if (before !== undefined && takesValue(before)) return (before.argChoices ?? []).filter(startsWith(last));
  if (last.startsWith('-')) return optionsOf(command).filter(startsWith(last));
  const nested = command.commands.filter((each) => !isHidden(each)).map((each) => each.name());
  if (nested.length > 0) return nested.filter(startsWith(last));
  return (await argumentCandidates(command, rest, ids)).filter(startsWith(last));
}

/** The innermost command of a line, and its arguments so far without options. */
function descend(program: Command, words: readonly string[]): { command: Command; rest: readonly string[] } {
  let command = program;
  const rest: string[] = [];
  for (const [i, word] of words.entries()) {
    const next = command.commands.find((each) => each.name() === word);
    const before = optionNamed(command, words[i - 1] ?? '');
    if (next !== undefined) command = next;
    else if (!word.startsWith('-') && (before === undefined || !takesValue(before))) rest.push(word);
  }
  return { command, rest };
}

async function argumentCandidates(command: Command, rest: readonly string[], ids: Ids): Promise<readonly string[]> {
  const argument = command.registeredArguments[rest.length];
  if (argument === undefined) return [];
  if (argument.argChoices !== undefined) return argument.argChoices;
  const [run] = rest;
  // Ids of approvals have colons, at which shells split words; a run and a unit say the same.
  if (command.registeredArguments[0]?.name() === 'approval') {
    if (run === undefined) return ids('asking-runs');
    // `answer` takes a unit there as well as the answer.
    return rest.length === 1 ? ids({ askingUnitsOf: run }) : [];
  }
  if (argument.name() === 'run') return ids('runs');
  return argument.name() === 'unit' && run !== undefined ? ids({ unitsOf: run }) : [];
}

function optionsOf(command: Command): string[] {
  return [...command.options.flatMap(({ long, hidden }) => (long && !hidden ? [long] : [])), '--help'];
}

function optionNamed(command: Command, word: string): Option | undefined {
  return command.options.find(({ long, short }) => word !== '' && (long === word || short === word));
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}

function isHidden(command: Command): boolean {
  return command.name() === 'complete-words';
}

function startsWith(prefix: string): (candidate: string) => boolean {
  return (candidate) => candidate.startsWith(prefix);
}
