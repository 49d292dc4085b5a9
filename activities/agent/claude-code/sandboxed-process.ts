// Claude Code as a process in a unit's sandbox, in the form in which its SDK talks with one.

import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { basename, dirname } from 'node:path';
import type { Mount, SandboxResult } from '../../sandbox/contract.ts';
import type { SessionPlace } from '../contract.ts';
import type { SpawnOptions, SpawnedProcess } from './agent-sdk.ts';
import { readableOutput } from '../../sandbox/readable-output.ts';

/** Where the program is inside. */
const programFolder = '/run/coppice-claude-code';
/** Its errors must not come between the lines of its output, and are shown when it ends with one. */
const script = '"$@" 2> /tmp/.claude-code-errors || { code=$?; tail -c 2000 /tmp/.claude-code-errors; exit $code; }';
/** It runs for as long as its session; each of its commands has a limit. */
const longestSeconds = 30 * 24 * 3600;
const keptBytes = 4_000;

export interface Launch {
  readonly place: SessionPlace;
  readonly mounts: readonly Mount[];
  /** Ends it at once. */
  readonly signal: AbortSignal;
}

export class SandboxedProcess implements SpawnedProcess {
  readonly stdin = new PassThrough();
  readonly stdout = new PassThrough();
  killed = false;
  exitCode: number | null = null;
  /** Settles when nothing of it is left; rejects when the sandbox could not work. */
  readonly result: Promise<SandboxResult>;
  private readonly events = new EventEmitter();
  private readonly ending = new AbortController();

  constructor(options: SpawnOptions, launch: Launch) {
    this.result = this.run(options, launch);
    this.result.then(
      (result) => this.ended(result),
      (error: unknown) => this.events.listenerCount('error') > 0 && this.events.emit('error', error),
    );
  }

  kill(): boolean {
    this.killed = true;
    this.ending.abort();
    return true;
  }

  on(event: string, listener: (...values: never[]) => void): void {
    this.events.on(event, listener as (...values: unknown[]) => void);
  }

  once(event: string, listener: (...values: never[]) => void): void {
    this.events.once(event, listener as (...values: unknown[]) => void);
  }

  off(event: string, listener: (...values: never[]) => void): void {
    this.events.off(event, listener as (...values: unknown[]) => void);
  }

  private run({ command, args, env }: SpawnOptions, { place, mounts, signal }: Launch): Promise<SandboxResult> {
    const { sandbox, network, limits } = place;
    const given = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const program: Mount = { type: 'bind', source: dirname(command), target: programFolder, writable: false };
    return sandbox.run({
      argv: ['sh', '-c', script, 'sh', `${programFolder}/${basename(command)}`, ...args],
      mounts: [...place.mounts, ...mounts, program],
      env: { ...place.env, ...Object.fromEntries(given) },
      network,
      stdin: this.stdin,
      limits: { ...limits, timeoutSeconds: longestSeconds, outputBytes: keptBytes },
      onOutput: (chunk) => this.stdout.write(chunk),
      signal: AbortSignal.any([signal, this.ending.signal]),
    });
  }

  private ended(result: SandboxResult): void {
    this.exitCode = result.status === 'exited' ? result.exitCode : null;
    this.stdout.end();
    this.events.emit('exit', this.exitCode, result.status === 'exited' ? null : 'SIGKILL');
  }
}

/** How it ended, and the last of what it said, for people. */
export function describeEnd({ sandbox }: SessionPlace, result: SandboxResult): string {
  const how = result.status === 'exited' ? `with exit code ${result.exitCode}` : `(${result.status})`;
  const said = readableOutput(sandbox, result.output, 600).trim().split('\n').slice(-3).join(' ');
  return `Claude Code ended ${how}: ${said || 'it said nothing'}`;
}
