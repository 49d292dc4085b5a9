// Claude Code as a process in a unit's sandbox, with the interface that its SDK expects.

import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { basename, dirname } from 'node:path';
import type { Mount } from '../../../sandbox/mount.ts';
import type { SandboxResult } from '../../../sandbox/contract.ts';
import type { ProcessFolder } from './process-folder.ts';
import type { SessionPlace } from '../contract.ts';
import type { SpawnOptions, SpawnedProcess } from './agent-sdk.ts';
import { errorsFile } from './environment.ts';

/** Where the program is inside the sandbox. */
const programFolder = '/run/coppice-claude-code';
/** Keeps stderr from mixing with the lines of stdout. */
const script = `exec "$@" 2> ${errorsFile}`;
/** No limit of its own: the watchdog and the session's limits end it. */
const longestSeconds = 30 * 24 * 3600;
/** Most bytes in one line, and in output that the SDK has not read yet; the SDK itself has no limit. */
const largestLineBytes = 64 * 1024 * 1024;
/** The output is not read from the result. */
const keptBytes = 2;

export interface Launch {
  readonly place: SessionPlace;
  readonly folder: ProcessFolder;
  /** Ends the process at once. */
  readonly signal: AbortSignal;
}

export class SandboxedProcess extends EventEmitter implements SpawnedProcess {
  readonly stdin = new PassThrough();
  readonly stdout = new PassThrough();
  killed = false;
  exitCode: number | null = null;
  /** Resolves when nothing of the process is left; rejects if the sandbox failed. */
  readonly result: Promise<SandboxResult>;
  /** What ended it from here and why, in words for its agent. */
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

  /** Everything in the sandbox can write to this output. */
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
