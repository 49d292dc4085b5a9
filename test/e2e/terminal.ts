// A command on a real terminal, made by util-linux's `script`: its output, and a person who types when it asks.

import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../client/cli/main.ts', import.meta.url));

export interface Typist {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** What ends a question. */
  readonly prompt: string | RegExp;
  /** One for each question, as typed: `\r` is Enter, `\x03` Ctrl-C, `\x04` Ctrl-D. */
  readonly keys: readonly string[];
}

export interface Shown {
  readonly code: number;
  /** Without the sequences that move the cursor. */
  readonly screen: string;
}

/** Types the next keys each time the prompt stands at the end of the screen. */
export async function onTerminal({ args, cwd, env, prompt, keys }: Typist): Promise<Shown> {
  const command = [process.execPath, main, ...args]
    .map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`)
    .join(' ');
  const terminal = spawn('script', ['--quiet', '--return', '--flush', '--command', command, '/dev/null'], {
    cwd,
    env: { TERM: 'xterm', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let screen = '';
  let seen = 0;
  const left = [...keys];
  terminal.stdout.on('data', (chunk: Buffer) => {
    screen += chunk
      .toString('utf8')
      .replaceAll(/\p{Cc}\[[\d;?]*[A-Za-z]/gu, '')
      .replaceAll('\r', '');
    const isAsked = typeof prompt === 'string' ? screen.endsWith(prompt) : prompt.test(screen);
    if (screen.length === seen || !isAsked) return;
    seen = screen.length;
    const next = left.shift();
    if (next !== undefined) terminal.stdin.write(next);
  });
  const [code] = (await once(terminal, 'close')) as [number | null];
  return { code: code ?? -1, screen };
}
