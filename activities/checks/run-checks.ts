// Runs verification commands one after the other in a worktree's sandbox; the exit code decides. Used both by a unit's
// own check and by the clean verification of candidates.

import { CancelledFailure } from '@temporalio/activity';
import type { Worktree } from '../worktrees/worktree.ts';
import type { Mount } from '../sandbox/mount.ts';
import type { Sandbox, SandboxLimits, SandboxResult } from '../sandbox/contract.ts';
import type { VerifyCommand } from '../../contracts/documents/config.ts';
import { lowPriorityCommand } from '../sandbox/low-priority.ts';
import { readableOutput } from '../sandbox/readable-output.ts';

/** Bytes of output in a red result. */
const outputBytes = 8 * 1024;

export interface CheckPlace {
  readonly sandbox: Sandbox;
  readonly worktree: Worktree;
  readonly env: Readonly<Record<string, string>>;
  /** In addition to the worktree's. */
  readonly mounts?: readonly Mount[];
  readonly network: boolean;
  readonly limits: Omit<SandboxLimits, 'outputBytes' | 'timeoutSeconds'>;
  readonly signal: AbortSignal;
  /** For heartbeats: the command that starts. */
  readonly onStart: (name: string) => void;
  readonly lowPriority?: boolean;
  /** Bytes of a command's output to keep. */
  readonly outputBytes?: number;
  /** Receives the whole log of each command that has ended, whether it succeeded or not. */
  readonly onLog?: (log: string) => void;
  /** Receives the output of commands as it arrives. */
  readonly onOutput?: (chunk: Uint8Array) => void;
  /** Receives each command of a setup before it runs. */
  readonly onCommand?: (command: string) => void;
}

export type CheckResult =
  | { readonly status: 'green' }
  | {
      readonly status: 'red' | 'timed-out';
      readonly command: string;
      /** Head and tail as safe text, at most 8 KiB. */
      readonly output: string;
    };

/** Throws `CancelledFailure` if `signal` is aborted. */
export async function runChecks(place: CheckPlace, checks: readonly VerifyCommand[]): Promise<CheckResult> {
  for (const check of checks) {
    place.onStart(check.name);
    const result = await runCommand(place, check.run, check.timeoutSeconds);
    const ending = describe(result, check.timeoutSeconds);
    const shown = (bytes: number) => `${readableOutput(place.sandbox, result.output, bytes).trimEnd()}\n${ending}`;
    const isGreen = result.status === 'exited' && result.exitCode === 0;
    place.onLog?.(`$ ${check.run}\n${isGreen ? ending : shown(place.outputBytes ?? outputBytes)}\n`);
    if (isGreen) continue;
    const status = result.status === 'timed-out' ? 'timed-out' : 'red';
    return { status, command: check.name, output: shown(outputBytes - 100) };
  }
  return { status: 'green' };
}

export async function runCommand(place: CheckPlace, command: string, timeoutSeconds: number): Promise<SandboxResult> {
  const { sandbox, worktree, env, mounts = [], network, limits, signal } = place;
  const argv = ['sh', '-c', command];
  const result = await sandbox.run({
    argv: place.lowPriority === true ? lowPriorityCommand(argv) : argv,
    mounts: [...worktree.mounts, ...mounts],
    env,
    network,
    limits: { ...limits, timeoutSeconds, outputBytes: place.outputBytes ?? 4 * outputBytes },
    signal,
    ...(place.onOutput === undefined ? {} : { onOutput: place.onOutput }),
  });
  if (result.status === 'cancelled') throw new CancelledFailure('the verification was cancelled');
  return result;
}

/** How a command ended, in words for a log. */
export function describe(result: SandboxResult, timeoutSeconds: number): string {
  if (result.status === 'timed-out') return `[timed out after ${timeoutSeconds} s]`;
  return result.status === 'killed'
    ? `[killed by ${result.signal}]`
    : `[exit code ${result.status === 'exited' ? result.exitCode : '?'}]`;
}
