// Which programs a shell command starts, roughly: enough to say before a run that one of them is missing. Skips words
// that only the shell can resolve (variables, substitutions), and programs of the repository itself.

import { programOfStep } from './compile-steps.ts';

/** Names to look up on PATH, each once. The shell's own words may be among them. */
export function programsOf(command: string): string[] {
  const names = commandsIn(withoutHeredocs(command)).flatMap((words) => {
    const at = words.findIndex((word) => !/^\w+=/.test(word) && !isBeforeCommand(word));
    const name = programOfStep(words.slice(at)) ?? words[at];
    return name !== undefined && /^[A-Za-z0-9][\w.+-]*$/.test(name) ? [name] : [];
  });
  return [...new Set(names)];
}

/** Words that stand before a command and are not commands themselves. */
function isBeforeCommand(word: string): boolean {
  return ['if', 'then', 'elif', 'else', 'while', 'until', 'do', 'time', '!', '{', 'exec', 'command', 'env'].includes(
    word,
  );
}

/** Words of each simple command; quoted text stays one word, with its quotes. */
function commandsIn(text: string): string[][] {
  const commands: string[][] = [[]];
  const token =
    /#[^\n]*|\\\n|\n|&&|\|\||[;&|()]|(?:\\[^]|"(?:\\[^]|[^"\\])*"|'[^']*'|\d*[<>]+&?\d*|[^\s;&|()"'\\<>])+/g;
  for (const [word] of text.matchAll(token)) {
    if (word.startsWith('#') || word === '\\\n') continue;
    if (/^(?:\n|&&|\|\||[;&|()])$/.test(word)) commands.push([]);
    else commands.at(-1)?.push(word);
  }
  return commands;
}

function withoutHeredocs(text: string): string {
  return text.replaceAll(/<<-?\s*(['"]?)(\w+)\1([^\n]*)\n[^]*?\n\s*\2(?=\n|$)/g, '$3');
}
