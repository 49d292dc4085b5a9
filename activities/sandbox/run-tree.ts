// Runs one process tree to its end for a driver: drains and bounds the output, applies time limit and cancel, kills the
// tree. Knows nothing of bubblewrap; the driver says how to kill, and what must be gone before the command has ended.

import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { constants } from 'node:os';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

import { codeOf } from '../../domain/errors.ts';
import { OutputCollector } from '../../git/collect-output.ts';
import type { SandboxCommand } from './contract.ts';
import type { PipeFolder } from './output-pipe.ts';

export interface TreeSpec {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** The child's descriptors from 3 on. */
  readonly stdio: readonly ('pipe' | number)[];
  /** Gives it its own session and process group, for drivers that kill by group. */
  readonly detached: boolean;
  /** Called right after the start, to serve the extra pipes. */
  readonly onStart: (child: ChildProcess) => void;
  readonly kill: (child: ChildProcess) => void;
  /** Resolves when nothing of the tree is left; called once the first process has ended. */
  readonly gone: (child: ChildProcess) => Promise<void>;
}

export interface TreeResult {
  /** `not-started`: the system did not accept the arguments; `code` is 126. */
  readonly ending: 'ended' | 'timed-out' | 'cancelled' | 'not-started';
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: Buffer;
  readonly outputSize: number;
  readonly seconds: number;
}

type Supervised = Pick<SandboxCommand, 'stdin' | 'limits' | 'onOutput' | 'signal'>;

const O_CLOEXEC = 0o2000000;
const MAX_TIMEOUT_MS = 2 ** 31 - 1;
/** How long the pipe may stay open after the tree is gone; only driver `none` can leave a holder behind. */
const DRAIN_MS = 1000;

export async function runTree(spec: TreeSpec, command: Supervised, pipes: PipeFolder): Promise<TreeResult> {
  const started = performance.now();
  const collector = new OutputCollector(command.limits.outputBytes);
  const { reader, writeEnd } = await pipes.openPipe();
  reader.on('data', (chunk: Buffer) => {
    collector.add(chunk);
    command.onOutput?.(chunk);
  });
  const drained = new Promise<void>((resolve) => reader.once('close', resolve));
  reader.on('error', () => reader.destroy());

  const { stdin } = command;
  const file = typeof stdin === 'string' || stdin instanceof Uint8Array ? pipes.openFile(stdin) : undefined;
  let child: ChildProcess;
  try {
    child = start(spec, [file ?? (stdin === undefined ? 'ignore' : 'pipe'), writeEnd, writeEnd]);
  } catch (error) {
    reader.destroy();
    return notStarted(error);
  } finally {
    closeSync(writeEnd);
    if (file !== undefined) closeSync(file);
  }
  if (stdin instanceof Readable) feed(child, stdin);
  const ended = await superviseChild(child, spec, command);
  await spec.gone(child);
  await drain(drained, reader);
  return {
    ...ended,
    output: collector.finish(),
    outputSize: collector.size,
    seconds: (performance.now() - started) / 1000,
  };
}

/** Errors are ignored: input that an ended command did not read is lost. */
function feed({ stdin }: ChildProcess, source: Readable): void {
  stdin?.on('error', () => undefined);
  if (stdin !== null) source.pipe(stdin);
}

/** A command that cannot be passed to a process (too long, or with a NUL) is the command's fault: 126, as in shells. */
function notStarted(error: unknown): TreeResult {
  const code = codeOf(error);
  if (code !== 'E2BIG' && code !== 'ERR_INVALID_ARG_VALUE') throw error;
  const output = Buffer.from(code === 'E2BIG' ? 'Argument list too long\n' : 'An argument contains NUL\n');
  return { ending: 'not-started', code: 126, signal: null, output, outputSize: output.length, seconds: 0 };
}

function start(spec: TreeSpec, standard: ('ignore' | 'pipe' | number)[]): ChildProcess {
  const [program = '', ...args] = spec.argv;
  const stdio: ('ignore' | 'pipe' | number)[] = [...standard, ...spec.stdio];
  const { cwd, env, detached } = spec;
  const nothing = openSync('/dev/null', 'r');
  try {
    for (const fd of inherited()) {
      while (stdio.length <= fd) stdio.push('ignore');
      if (stdio[fd] === 'ignore') stdio[fd] = nothing;
    }
    return spawn(program, args, { cwd, env, detached, stdio });
  } finally {
    closeSync(nothing);
  }
}

/**
 * Descriptors that the worker inherited and that its children would inherit too (Node closes only its own). Children
 * get /dev/null there.
 */
function inherited(): number[] {
  return readdirSync('/proc/self/fd')
    .map(Number)
    .filter((fd) => fd > 2 && !closesOnExec(fd));
}

function closesOnExec(fd: number): boolean {
  try {
    const flags = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? '0';
    return (Number.parseInt(flags, 8) & O_CLOEXEC) !== 0;
  } catch {
    return true; // Closed since it was listed.
  }
}

async function superviseChild(
  child: ChildProcess,
  spec: TreeSpec,
  { limits, signal }: Supervised,
): Promise<Pick<TreeResult, 'ending' | 'code' | 'signal'>> {
  let ending: TreeResult['ending'] = 'ended';
  const end = (why: TreeResult['ending']) => {
    if (ending !== 'ended') return;
    ending = why;
    spec.kill(child);
  };
  const cancel = () => end('cancelled');
  const timer = setTimeout(() => end('timed-out'), Math.min(limits.timeoutSeconds * 1000, MAX_TIMEOUT_MS));
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, exitSignal) => resolve({ ending, code, signal: exitSignal }));
      spec.onStart(child);
      signal?.addEventListener('abort', cancel, { once: true });
      if (signal?.aborted === true) cancel();
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', cancel);
  }
}

async function drain(drained: Promise<void>, reader: Socket): Promise<void> {
  const late = new AbortController();
  await Promise.race([drained, delay(DRAIN_MS, undefined, { signal: late.signal }).catch(() => undefined)]);
  late.abort();
  reader.destroy();
}

/**
 * Reads an exit code as shells report it: 128 + n is death by signal n. bubblewrap and shells pass on nothing else. 128
 * and 129 stay exit codes, because git uses them for errors and wrong usage.
 */
export function readExitCode(
  exitCode: number,
): { status: 'exited'; exitCode: number } | { status: 'killed'; signal: string } {
  const signal = exitCode >= 130 && Object.entries(constants.signals).find(([, number]) => number === exitCode - 128);
  return signal ? { status: 'killed', signal: signal[0] } : { status: 'exited', exitCode };
}
