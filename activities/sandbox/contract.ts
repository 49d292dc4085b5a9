// What the rest of a host asks of a sandbox: run one command, see nothing but the mounts, die completely.
// One implementation per driver (bubblewrap.ts; none.ts only when the host's operator asked for it).

import type { Mount } from './mount.ts';
import type { Readable } from 'node:stream';
import type { NetworkAccess } from './network-access.ts';

export interface Sandbox {
  readonly driver: 'bwrap' | 'none';
  /**
   * Runs one command to its end and kills everything it left behind. Never throws for what the command does (that is
   * the result's part); throws a `SandboxUnavailable` or `DiskFull` failure when the sandbox itself cannot work.
   */
  run(command: SandboxCommand): Promise<SandboxResult>;
  /**
   * Makes `path` belong to the uid that sandboxed processes have outside (a no-op when the worker is not root), not
   * following symlinks. Called once on a fresh worktree or session folder.
   */
  giveTo(path: string): Promise<void>;
  /** What a setup with the network needs of this host to use it: proxies and certificates. */
  networkAccess(): Promise<NetworkAccess>;
  /** What a command printed, without what this host keeps secret (secrets.ts): for everything that people and models read. */
  redact(text: string): string;
}

export interface SandboxCommand {
  /** Program and arguments, run without a shell. */
  readonly argv: readonly string[];
  /** Working directory inside; `/` when it does not exist. Default `/work`. */
  readonly cwd?: string;
  readonly mounts: readonly Mount[];
  /** The whole environment beside PATH, HOME, LANG, TMPDIR and USER, which the sandbox sets. */
  readonly env?: Readonly<Record<string, string>>;
  /** Only where `networkFor` says so; a host that allows the network to nobody withholds it here too. */
  readonly network?: boolean;
  /** A stream is fed as it comes, to commands that are talked with. */
  readonly stdin?: string | Uint8Array | Readable;
  readonly limits: SandboxLimits;
  /** Gets all of the output as it comes, beyond what the limits keep. Must not throw. */
  readonly onOutput?: (chunk: Uint8Array) => void;
  /** Aborting kills the whole tree; the result is then `cancelled`. */
  readonly signal?: AbortSignal;
}

export interface SandboxLimits {
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  /** Bytes of output kept: the first half from its head, the second from its tail. */
  readonly outputBytes: number;
  /** Defaults of the implementation when absent. */
  readonly processes?: number;
  readonly fileMb?: number;
}

export type SandboxResult = {
  /** Standard output and error together, in order of arrival; head and tail when long, with a line that says what is missing. */
  readonly output: Uint8Array;
  /** Bytes that the command wrote in all. */
  readonly outputSize: number;
  readonly seconds: number;
} & (
  | { readonly status: 'exited'; readonly exitCode: number }
  /** From the exit code 128 + n, n > 1, as shells report death by a signal: nothing else comes out of a sandbox. */
  | { readonly status: 'killed'; readonly signal: string }
  | { readonly status: 'timed-out' }
  | { readonly status: 'cancelled' }
);
