// Questions on a terminal, one line each, on stderr so that stdout stays the command's result. If the person leaves,
// nothing is decided for them: Ctrl-C ends the command with 130, the end of the input (Ctrl-D) with 1.

import { createInterface } from 'node:readline/promises';
import { Exit, exitCodes } from './exit.ts';
import { inertPrint } from '../../domain/text/inert.ts';

export interface Asker {
  /** The answer without surrounding spaces; empty = Enter. */
  ask(question: string): Promise<string>;
  close(): void;
}

/** Whether a person is at a terminal to answer questions. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stdout.isTTY;
}

export function openAsker(): Asker {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  let code: number = exitCodes.notGood;
  let left: () => void;
  const gone = new Promise<never>((_, reject) => (left = () => reject(new Exit(code))));
  gone.catch(() => undefined);
  terminal.once('SIGINT', () => {
    code = exitCodes.interrupted;
    terminal.close();
  });
  const onLeave = (): void => {
    process.stderr.write('\n');
    left();
  };
  terminal.once('close', onLeave);
  return {
    ask: async (question) => (await Promise.race([terminal.question(inertPrint(question)), gone])).trim(),
    close() {
      // Its own listeners free the terminal for the next question.
      terminal.removeListener('close', onLeave);
      terminal.close();
    },
  };
}

/** Asks a yes-or-no question; anything but a yes means no. */
export async function askYes(question: string): Promise<boolean> {
  const asker = openAsker();
  try {
    return /^y(es)?$/i.test(await asker.ask(`${question} [y/N] `));
  } finally {
    asker.close();
  }
}
