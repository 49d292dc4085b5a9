// `coppice completion SHELL`: prints a script that asks this program, word by word, what may come next. The answers
// come from the command tree, so they are never out of date; runs and units come from the server, with a short time
// limit.

import type { Command } from 'commander';
import { Argument } from 'commander';
import { completionScripts } from '../completion/shell-scripts.ts';
import { completeWords } from '../completion/complete-words.ts';
import { inertLine } from '../present/columns.ts';
import { listedIds } from '../completion/listed-ids.ts';

const shells = ['bash', 'zsh', 'fish'] as const;

export function addCompletion(program: Command): void {
  program
    .command('completion')
    .description('print a script that completes commands, options and runs in a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(shells))
    .addHelpText(
      'after',
      '\nExamples:\n  $ coppice completion bash > ~/.local/share/bash-completion/completions/coppice\n  $ coppice completion fish > ~/.config/fish/completions/coppice.fish',
    )
    .action((shell: (typeof shells)[number]) => void process.stdout.write(completionScripts[shell]));
  // Called by the scripts: the words after `coppice`; the last one may be incomplete.
  program
    .command('complete-words', { hidden: true })
    .argument('[words...]')
    .helpOption(false)
    .allowUnknownOption()
    .action(async (words: readonly string[]) => {
      const candidates = await completeWords(program, words, listedIds);
      // A pending connection would keep the shell waiting.
      process.stdout.write(candidates.map((each) => `${inertLine(each)}\n`).join(''), () => process.exit());
    });
}
