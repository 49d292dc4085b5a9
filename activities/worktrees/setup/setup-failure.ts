// A failed setup at three lengths: a few lines for people, more in the failure's details for agents, and the whole log,
// which stays on the host until a caller that knows the run puts it into git.

import { errorText } from '../../../domain/errors.ts';
import type { ApplicationFailure } from '@temporalio/common';
import type { SetupFailureDetails } from '../../../contracts/setup-failure.ts';
import { excerpt } from '../../../domain/text/excerpt.ts';
import { failure, failureDetails, failureType } from '../../../contracts/failures.ts';
import { headAndTail } from '../../sandbox/readable-output.ts';

export interface FailedSetup {
  readonly command: string;
  readonly how: string;
  readonly exitCode: number | null;
  /** Its output, and a log with the command, the output and how it ended: safe text. */
  readonly output: string;
  readonly log: string;
  readonly lacksNetwork: boolean;
}

/** Bytes for agents, and characters for people; run states hold the latter for each unit. */
const outputBytes = 8 * 1024;
const shownCharacters = 1_200;

const logs = new WeakMap<Error, string>();

export function setupFailure({ command, how, exitCode, output, log, ...failed }: FailedSetup): ApplicationFailure {
  const kept = { output: headAndTail(output, outputBytes), log: null };
  const details: SetupFailureDetails = { command, exitCode, ...kept, lacksNetwork: failed.lacksNetwork };
  const message = `the setup command ${how}: ${command}\n${excerpt(output, shownCharacters)}`.trimEnd();
  const made = failure('SetupFailed', message, { details });
  logs.set(made, log);
  return made;
}

/** The same failure with a different message or details. */
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

/** Null for another failure, and if the setup's own command did not fail. */
function setupFailureDetails(error: unknown): SetupFailureDetails | null {
  if (failureType(error) !== 'SetupFailed') return null;
  // Written by this file, or by an earlier release, which had no details.
  return (failureDetails(error) as SetupFailureDetails | undefined) ?? null;
}

/** The command that failed; null for another failure, and if the setup's result was in the way. */
export function failedCommand(error: unknown): string | null {
  return setupFailureDetails(error)?.command ?? null;
}

/** True if the setup apparently failed because it needs the network and had none. */
export function lacksNetwork(error: unknown): boolean {
  return setupFailureDetails(error)?.lacksNetwork === true;
}

/** The whole log, if the failure was made in this process. */
export function setupLogOf(error: unknown): string | null {
  return (error instanceof Error ? logs.get(error) : undefined) ?? null;
}

/** The text about it for an agent or a verdict. */
export function setupOutput(error: unknown): string {
  const message = errorText(error);
  const details = setupFailureDetails(error);
  if (details === null) return message;
  const [first = ''] = message.split('\n');
  return `${first}\n${details.output}`;
}
