// A setup that failed, in three lengths: a few lines for people, more of them in the failure's details for agents, and the
// whole log, which stays on the host until somebody who knows the run puts it into git.

import { errorText } from '../../../domain/errors.ts';
import type { ApplicationFailure } from '@temporalio/common';
import type { SetupFailureDetails } from '../../../contracts/setup-failure.ts';
import { failure, failureDetails, failureType } from '../../../contracts/failures.ts';
import { headAndTail } from '../../sandbox/readable-output.ts';

export interface FailedSetup {
  readonly command: string;
  readonly how: string;
  readonly exitCode: number | null;
  /** What it printed, and that with the command and its end: safe text. */
  readonly output: string;
  readonly log: string;
  readonly lacksNetwork: boolean;
}

/** What travels to agents, and to people; run states hold the latter for each unit. */
const outputBytes = 8 * 1024;
const shownBytes = 1_200;

const logs = new WeakMap<Error, string>();

export function setupFailure({ command, how, exitCode, output, log, ...failed }: FailedSetup): ApplicationFailure {
  const kept = { output: headAndTail(output, outputBytes), log: null };
  const details: SetupFailureDetails = { command, exitCode, ...kept, lacksNetwork: failed.lacksNetwork };
  const message = `the setup command ${how}: ${command}\n${lastLines(output, shownBytes)}`.trimEnd();
  const made = failure('SetupFailed', message, { details });
  logs.set(made, log);
  return made;
}

/** The same failure told in other words, or with other details. */
export function retold(
  error: unknown,
  change: { readonly message?: (message: string) => string; readonly details?: Partial<SetupFailureDetails> },
): ApplicationFailure {
  const message = errorText(error);
  const details = setupFailureDetails(error);
  const made = failure('SetupFailed', change.message?.(message) ?? message, {
    ...(details === null ? {} : { details: { ...details, ...change.details } }),
  });
  const log = setupLogOf(error);
  if (log !== null) logs.set(made, log);
  return made;
}

/** Null for another failure, and where the setup's own command did not fail. */
function setupFailureDetails(error: unknown): SetupFailureDetails | null {
  if (failureType(error) !== 'SetupFailed') return null;
  // Written by this file, or by a release before it, which gave none.
  return (failureDetails(error) as SetupFailureDetails | undefined) ?? null;
}

/** The command that failed; null for another failure, and where it is what the setup made that is in the way. */
export function failedCommand(error: unknown): string | null {
  return setupFailureDetails(error)?.command ?? null;
}

/** Whether a setup failed because, as far as anybody knows, it needs the network that it did not have. */
export function lacksNetwork(error: unknown): boolean {
  return setupFailureDetails(error)?.lacksNetwork === true;
}

/** The whole log of a failure of this process. */
export function setupLogOf(error: unknown): string | null {
  return (error instanceof Error ? logs.get(error) : undefined) ?? null;
}

/** What an agent or a verdict says of it. */
export function setupOutput(error: unknown): string {
  const message = errorText(error);
  const details = setupFailureDetails(error);
  if (details === null) return message;
  const [first = ''] = message.split('\n');
  return `${first}\n${details.output}`;
}

/** The end of a text, in whole lines where that leaves anything. */
function lastLines(text: string, bytes: number): string {
  const all = Buffer.from(text, 'utf8');
  if (all.length <= bytes) return text;
  const tail = new TextDecoder('utf-8').decode(all.subarray(all.length - bytes));
  const from = tail.indexOf('\n');
  return `[…]\n${from === -1 || from > bytes / 2 ? tail.replace(/^\uFFFD+/, '') : tail.slice(from + 1)}`;
}
