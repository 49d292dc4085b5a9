// How a command ends: the exit codes that docs/scripting.md promises, and errors printed for people or as JSON. No
// other code in the program prints an error.

import { errorText } from '../../domain/errors.ts';
import { CommanderError } from 'commander';
import type { FailureType } from '../../contracts/failures.ts';
import { explainFailure } from '../explain-failure.ts';
import { inertLine } from './present/columns.ts';
import type { Output } from './output.ts';
import { WrongUsage } from './wrong-usage.ts';

export const exitCodes = { done: 0, notGood: 1, badInput: 2, unreachable: 3, notFound: 4, interrupted: 130 } as const;

/** Ends the command with an exit code, after it has printed everything. */
export class Exit extends Error {
  readonly code: number;
  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

const codes: Partial<Record<FailureType, number>> = {
  RepositoryUnreachable: exitCodes.unreachable,
  TemporalUnreachable: exitCodes.unreachable,
  SlackUnavailable: exitCodes.unreachable,
  MailUnavailable: exitCodes.unreachable,
  NotFound: exitCodes.notFound,
  Refused: exitCodes.notGood,
  PushRefused: exitCodes.notGood,
  GitFailed: exitCodes.notGood,
  RunFailed: exitCodes.notGood,
};

/** Prints the error and returns the exit code. */
export function reportError(error: unknown, output: Output): number {
  if (error instanceof Exit) return error.code;
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return exitCodes.done;
    const hint = error instanceof WrongUsage ? error.hint : '';
    if (output.json) output.document('error', { error: usageError(error.message, hint) });
    // Commander has printed the error itself.
    if (hint !== '') output.note(hint);
    return exitCodes.badInput;
  }
  const explained = explainFailure(error);
  if (explained === null) {
    const message = errorText(error);
    if (output.json)
      output.document('error', { error: { type: 'Unexpected', message, hint: 'This is a bug in Coppice.' } });
    output.note(`unexpected error: ${error instanceof Error ? (error.stack ?? message) : message}`);
    return exitCodes.notGood;
  }
  const { type, message, hint, errors: places } = explained;
  if (output.json) {
    output.document('error', {
      error: {
        type,
        message,
        hint,
        ...(places[0] === undefined ? {} : { at: places[0].at }),
        ...(places.length > 0 ? { errors: places } : {}),
      },
    });
  }
  for (const { at, message: what } of places) output.note(`${at.file}:${at.line}:${at.column}: ${inertLine(what)}`);
  output.note(`error: ${inertLine(message)}`);
  output.note(inertLine(hint));
  return codes[type] ?? exitCodes.badInput;
}

/** Commander puts suggestions on a line of their own. */
function usageError(text: string, help: string): { type: string; message: string; hint: string } {
  const [message = '', similar = ''] = text.replace(/^error: /, '').split('\n');
  const suggestion = similar.replace(/^\((.*)\)$/, '$1');
  return { type: 'Usage', message, hint: [suggestion, help].filter(Boolean).join(' ') };
}
