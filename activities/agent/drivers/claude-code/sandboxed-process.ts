// Claude Code as a process in a unit's sandbox, in the form in which its SDK talks with one.

import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { basename, dirname } from 'node:path';
import type { Mount } from '../../../sandbox/mount.ts';
import type { SandboxResult } from '../../../sandbox/contract.ts';
import type { ProcessFolder } from './process-folder.ts';
import type { SessionPlace } from '../contract.ts';
import type { SpawnOptions, SpawnedProcess } from './agent-sdk.ts';
import { errorsFile } from './environment.ts';

/** Where the program is inside. */
const programFolder = '/run/coppice-claude-code';
/** Its errors must not come between the lines of its output. */
const script = `exec "$@" 2> ${errorsFile}`;
/** It runs for as long as its session; the watchdog and the limits of the session end it. */
const longestSeconds = 30 * 24 * 3600;
/** The most bytes of one line, and of output that the SDK has not read yet; the SDK has no limit of its own. */
const largestLineBytes = 64 * 1024 * 1024;
/** Nobody reads it here. */
const keptBytes = 2;

export interface Launch {
  readonly place: SessionPlace;
  readonly folder: ProcessFolder;
  /** Ends it at once. */
  readonly signal: AbortSignal;
}

export class SandboxedProcess extends EventEmitter implements SpawnedProcess {
  readonly stdin = new PassThrough();
  readonly stdout = new PassThrough();
  killed = false;
  exitCode: number | null = null;
  /** Settles when nothing of it is left; rejects when the sandbox could not work. */
  readonly result: Promise<SandboxResult>;
  /** Who has ended it from here, and why, for its agent. */
  endedBy: string | null = null;
  private readonly ending = new AbortController();
  private lineBytes = 0;

  constructor(options: SpawnOptions, launch: Launch) {
    super();
    this.result = this.run(options, launch);
    this.result.then(
      ({ status, ...result }) => this.ended('exitCode' in result ? result.exitCode : null, status !== 'exited'),
      (error: unknown) => {
        this.ended(null, true);
        if (this.listenerCount('error') > 0) this.emit('error', error);
      },
    );
  }

  kill(): boolean {
    this.killed = true;
    this.ending.abort();
    return true;
  }

  private run({ command, args, env }: SpawnOptions, { place, folder, signal }: Launch): Promise<SandboxResult> {
    const { sandbox, network, limits } = place;
    const given = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const program: Mount = { type: 'bind', source: dirname(command), target: programFolder, writable: false };
    return sandbox.run({
      argv: ['sh', '-c', script, 'sh', `${programFolder}/${basename(command)}`, ...args],
      mounts: [...place.mounts, ...folder.mounts, program],
      env: { ...place.env, ...Object.fromEntries(given) },
      network,
      stdin: this.stdin,
      limits: { ...limits, timeoutSeconds: longestSeconds, outputBytes: keptBytes },
      onOutput: (chunk) => this.take(chunk),
      signal: AbortSignal.any([signal, this.ending.signal]),
    });
  }

  /** Everything in the sandbox can write here, too. */
  private take(chunk: Uint8Array): void {
    if (this.killed) return;
    const newline = chunk.lastIndexOf(10);
    this.lineBytes = newline === -1 ? this.lineBytes + chunk.length : chunk.length - newline;
    const flooded = this.lineBytes > largestLineBytes || this.stdout.writableLength > largestLineBytes;
    if (!flooded) return void this.stdout.write(chunk);
    this.endedBy = 'the host, because somebody wrote more into its output than the host can take';
    this.kill();
  }

  /** The SDK forgets a process only if it has an exit code or was killed. */
  private ended(exitCode: number | null, wasKilled: boolean): void {
    this.exitCode = exitCode;
    this.killed ||= wasKilled;
    this.stdout.end();
    this.emit('exit', exitCode, wasKilled ? 'SIGKILL' : null);
  }
}
