// A host's sandbox: runs one command that sees nothing but its mounts and dies completely. One implementation per
// driver (bubblewrap.ts; none.ts only if the host's operator asks for it).

import type { Mount } from './mount.ts';
import type { Readable } from 'node:stream';
import type { NetworkAccess } from './network-access.ts';

export interface Sandbox {
  readonly driver: 'bwrap' | 'none';
  /**
   * Runs one command to its end and kills everything that it leaves behind. Never throws because of the command (see
   * the result); throws `SandboxUnavailable` or `DiskFull` if the sandbox itself fails.
   */
  run(command: SandboxCommand): Promise<SandboxResult>;
  /**
   * Gives `path` to the outside uid of sandboxed processes (a no-op if the worker is not root), without following
   * symlinks. Called once on a fresh worktree or session folder.
   */
  giveTo(path: string): Promise<void>;
  /** What a setup with the network needs from this host: proxies and certificates. */
  networkAccess(): Promise<NetworkAccess>;
  /**
   * Removes this host's secrets (secrets.ts) from a command's output. Needed for everything that people and models
   * read.
   */
  redact(text: string): string;
}

export interface SandboxCommand {
  /** Program and arguments, run without a shell. */
  readonly argv: readonly string[];
  /** Working directory inside; `/` if it does not exist. Default `/work`. */
  readonly cwd?: string;
  readonly mounts: readonly Mount[];
  /** The whole environment except PATH, HOME, LANG, TMPDIR and USER, which the sandbox sets. */
  readonly env?: Readonly<Record<string, string>>;
  /** Set only as `networkFor` decides. A host that allows no network withholds it here too. */
  readonly network?: boolean;
  /** A stream is fed as it arrives, for interactive commands. */
  readonly stdin?: string | Uint8Array | Readable;
  readonly limits: SandboxLimits;
  /** Receives all output as it arrives, beyond what the limits keep. Must not throw. */
  readonly onOutput?: (chunk: Uint8Array) => void;
  /** Aborting kills the whole tree; the result is then `cancelled`. */
  readonly signal?: AbortSignal;
}

export interface SandboxLimits {
  readonly timeoutSeconds: number;
  /** MiB that a process may map; null = as much as it likes, for as long as the machine has memory. */
  readonly memoryMb: number | null;
  /** Bytes of output to keep: the first half from its head, the second from its tail. */
  readonly outputBytes: number;
  /** Absent = the implementation's defaults. */
  readonly processes?: number;
  readonly fileMb?: number;
}

export type SandboxResult = {
  /**
   * stdout and stderr together, in order of arrival. Long output is cut to head and tail, with a line that says what is
   * missing.
   */
  readonly output: Uint8Array;
  /** Total bytes that the command wrote. */
  readonly outputSize: number;
  readonly seconds: number;
} & (
  | { readonly status: 'exited'; readonly exitCode: number }
  /**
   * Derived from exit code 128 + n (n > 1), by which shells report death by a signal: nothing else comes out of a
   * sandbox.
   */
  | { readonly status: 'killed'; readonly signal: string }
  | { readonly status: 'timed-out' }
  | { readonly status: 'cancelled' }
);
