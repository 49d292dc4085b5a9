// Programs for the cluster, as children that never outlive us: the kernel kills them when we die, however we die
// (util-linux's setpriv, so Linux only), and they do not get our Ctrl-C. If we are root, they can run as another user,
// because PostgreSQL refuses to run as root.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';

export interface Program {
  readonly command: readonly [string, ...string[]];
  readonly env?: Readonly<NodeJS.ProcessEnv>;
  /** Absent or null: as the current user. */
  readonly user?: User | null;
}

export interface User {
  readonly uid: number;
  readonly gid: number;
}

/** Runs a program to its end; if it fails, throws with the last lines of its output. */
export async function run(program: Program, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted();
  const child = spawnBound(program, { end: 'SIGKILL', stdio: ['ignore', 'pipe', 'pipe'] });
  const stop = (): boolean => child.kill('SIGKILL');
  signal.addEventListener('abort', stop);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => (output = (output + chunk.toString('utf8')).slice(-64_000)));
  }
  await once(child, 'close');
  signal.removeEventListener('abort', stop);
  signal.throwIfAborted();
  if (child.exitCode === 0) return output;
  const how = child.signalCode ?? `exit code ${child.exitCode}`;
  throw new Error(`${program.command[0]} failed (${how}):\n${lastLines(output)}`);
}

export interface Running {
  readonly process: ChildProcess;
  /** Ends it with the signal, and after ten seconds with SIGKILL. */
  stop(signal: NodeJS.Signals): Promise<void>;
}

/** Starts a program with its output in a file; `end` is the signal that it gets when we die. */
export function start(program: Program, { log, end }: { log: string; end: NodeJS.Signals }): Running {
  const file = openSync(log, 'a');
  const child = spawnBound(program, { end, stdio: ['ignore', file, file] });
  return {
    process: child,
    async stop(signal) {
      if (hasEnded(child)) return;
      const ended = once(child, 'exit');
      child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(timer);
    },
  };
}

export function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** The end of a log for an error message, with long lines cut, because some contain a whole stack. */
export function lastLines(text: string): string {
  const lines = text.trimEnd().split('\n').slice(-10);
  return lines.map((line) => (line.length > 500 ? `${line.slice(0, 500)}…` : line)).join('\n');
}

function spawnBound(
  { command, env = process.env, user = null }: Program,
  { end, stdio }: { end: NodeJS.Signals; stdio: ['ignore', number | 'pipe', number | 'pipe'] },
): ChildProcess {
  const as = user === null ? [] : ['--reuid', `${user.uid}`, '--regid', `${user.gid}`, '--clear-groups'];
  const bound = ['--pdeathsig', end.replace('SIG', ''), ...as, '--', ...command];
  // In its own group, because Ctrl-C in the terminal reaches only ours.
  return spawn('/usr/bin/setpriv', bound, { env, stdio, detached: true, cwd: '/' });
}
