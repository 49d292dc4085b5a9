// Questions on a terminal, one line each, on stderr so that stdout stays the command's result. Ctrl-C and Ctrl-D end the
// command with 130: nothing is decided for somebody who has left.

import { createInterface } from 'node:readline/promises';
import { Exit, exitCodes } from './exit.ts';

export interface Asker {
  /** The answer without the spaces around it; empty = Enter. */
  ask(question: string): Promise<string>;
  close(): void;
}

/** Whether there is somebody to ask. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stdout.isTTY;
}

export function openAsker(): Asker {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  let left: () => void;
  const gone = new Promise<never>((_, reject) => (left = () => reject(new Exit(exitCodes.interrupted))));
  gone.catch(() => undefined);
  terminal.once('SIGINT', () => terminal.close());
  terminal.once('close', () => {
    process.stderr.write('\n');
    left();
  });
  return {
    ask: async (question) => (await Promise.race([terminal.question(question), gone])).trim(),
    close() {
      terminal.removeAllListeners('close');
      terminal.close();
    },
  };
}
