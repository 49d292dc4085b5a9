// A failure for scripts: a type to branch on, and a message for people. The commands use it too.

import { errorText } from '../domain/errors.ts';
import type { FailureType } from '../contracts/failures.ts';
import type { PlacedError } from '../formats/yaml/placed-error.ts';
import { failureDetails, failureHint, failureType } from '../contracts/failures.ts';

export interface ExplainedFailure {
  readonly type: FailureType;
  /** What happened, and to what. */
  readonly message: string;
  /** What to do next. */
  readonly hint: string;
  /** If a file of the user's is wrong, each place. */
  readonly errors: readonly PlacedError[];
}

/** Null for an error outside the catalogue: a bug, in Coppice or in the caller. */
export function explainFailure(error: unknown): ExplainedFailure | null {
  const type = failureType(error);
  if (type === undefined) return null;
  const message = errorText(error);
  return { type, message, hint: failureHint(error) ?? '', errors: placesOf(error) };
}

/** Failures about files carry the places as details. */
function placesOf(error: unknown): readonly PlacedError[] {
  const details = failureDetails(error);
  if (typeof details !== 'object' || details === null || !('errors' in details)) return [];
  return Array.isArray(details.errors) ? (details.errors as PlacedError[]) : [];
}
