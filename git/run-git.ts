// Runs one git command in the hardened environment, with an explicit repository, bounded time and output, and every
// exit code checked. Never looks for a repository in the working directory. Commands that contact a remote go through
// simple-git (remote.ts). Everything else is plumbing and starts here, because it needs bytes where simple-git returns
// text, exit codes that are answers (`merge-tree`, `rev-parse --verify`), a limit on output, and long-running batch
// processes (object-reader.ts).

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { failure } from '../contracts/failures.ts';
import { gitEnvironment } from './git-environment.ts';
import { inertText } from './inert-text.ts';
import { killGroup } from './processes.ts';

export interface GitOptions {
  /** Written to stdin; absent = empty. */
  readonly input?: string | Uint8Array;
  /** Added to the hardened environment: `GIT_INDEX_FILE`, `GIT_WORK_TREE`, `GIT_OBJECT_DIRECTORY`, … */
  readonly env?: Readonly<Record<string, string>>;
  /** Transports that the command may use, for fetches between repositories of one host. */
  readonly transports?: readonly string[];
  readonly timeoutMs?: number;
  /** The output is not kept, however much it is. */
  readonly discardOutput?: boolean;
  /** More output than this is an error. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
  /** Exit codes that are answers, not errors. */
  readonly accept?: readonly number[];
  /** Runs at low CPU priority. */
  readonly lowPriority?: boolean;
}

export interface GitOutput {
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** A git command that did not end with an accepted exit code. `exitCode` is null if a signal ended it. */
export class GitError extends Error {
  /** Lets `failureType` recognise it as an entry of the catalogue. */
  readonly type = 'GitFailed';
  readonly args: readonly string[];
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;

  constructor(
    args: readonly string[],
    end: { exitCode: number | null; signal: NodeJS.Signals | null; stderr: string },
  ) {
    const how = end.exitCode === null ? `was ended by ${end.signal ?? 'a signal'}` : `exited with ${end.exitCode}`;
    super(`git ${args[0] ?? ''} ${how}: ${inertText(end.stderr) || 'it said nothing'}`);
    this.name = 'GitError';
    this.args = args;
    this.exitCode = end.exitCode;
    this.signal = end.signal;
    this.stderr = end.stderr;
  }
}

/** Runs git on the repository `gitDir` (null for commands that need none). Throws GitError, or `DiskFull`. */
export async function runGit(
  gitDir: string | null,
  args: readonly string[],
  options: GitOptions = {},
): Promise<GitOutput> {
  options.signal?.throwIfAborted();
  const child = spawn('git', [...args], {
    cwd: '/',
    env: {
      ...gitEnvironment(process.env, options.transports),
      ...(gitDir === null ? {} : { GIT_DIR: gitDir }),
      ...options.env,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  if (options.lowPriority === true) lowerPriority(child.pid);
  const end = await collect(child, options);
  if (end.exitCode !== null && (options.accept ?? [0]).includes(end.exitCode)) {
    return { exitCode: end.exitCode, stdout: end.stdout, stderr: end.stderr };
  }
  throw diskFull(end.stderr) ?? tooLong(end.stderr) ?? new GitError(args, end);
}

/** Like runGit; returns git's output without the final newline. */
export async function gitText(gitDir: string | null, args: readonly string[], options: GitOptions = {}) {
  const { stdout } = await runGit(gitDir, args, options);
  return stdout.toString('utf8').replace(/\n$/, '');
}

/** The failure for a full disk; null if that is not git's complaint. */
export function diskFull(stderr: string) {
  return /No space left on device|Disk quota exceeded/.test(stderr)
    ? failure('DiskFull', `git found no space: ${inertText(stderr)}`)
    : null;
}

/** The failure for a path that is too long for this host, which no retry can fix. */
function tooLong(stderr: string) {
  const said = /^.*: File name too long$/m.exec(stderr);
  if (said === null) return null;
  const line = inertText(said[0]);
  const shown = line.length > 300 ? `${line.slice(0, 200)}…${line.slice(-60)}` : line;
  return failure(
    'RepositoryUnusable',
    `a path of the repository is too long for this host: ${shown}. Shorten it there.`,
  );
}

function lowerPriority(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch {
    // It has ended already.
  }
}

interface End {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

function collect(child: ChildProcessWithoutNullStreams, options: GitOptions): Promise<End> {
  const maxBytes = options.maxBytes ?? 64 * 1024 * 1024;
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  let size = 0;
  let errSize = 0;
  let killed = '';
  const kill = (why: string) => {
    killed ||= why;
    // Kills the group: git's own children (ssh, index-pack, a remote helper) must not stay behind.
    killGroup(child.pid);
  };
  const onAbort = () => kill('aborted');
  options.signal?.addEventListener('abort', onAbort, { once: true });
  const timer = setTimeout(() => kill('timed out'), options.timeoutMs ?? 600_000);
  child.stdout.on('data', (chunk: Buffer) => {
    if (options.discardOutput === true) return;
    size += chunk.length;
    if (size > maxBytes) kill(`printed more than ${maxBytes} bytes`);
    else out.push(chunk);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    errSize += chunk.length;
    if (errSize <= 64 * 1024) err.push(chunk);
  });
  // git may end without reading its input.
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode, signal) => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', onAbort);
      if (killed === 'aborted') return reject(options.signal?.reason as Error);
      const stderr = Buffer.concat(err).toString('utf8');
      if (killed !== '')
        return resolve({ exitCode: null, signal, stdout: Buffer.alloc(0), stderr: `${killed}\n${stderr}` });
      resolve({ exitCode, signal, stdout: Buffer.concat(out), stderr });
    });
  });
}
