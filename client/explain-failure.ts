// A failure as scripts want it: its type to branch on, and what to tell a person. Used by the commands for the same.

import { errorText } from '../domain/errors.ts';
import type { FailureType } from '../contracts/failures.ts';
import type { PlacedError } from '../formats/yaml/placed-error.ts';
import { failureDetails, failureType, hintFor } from '../contracts/failures.ts';

export interface ExplainedFailure {
  readonly type: FailureType;
  /** What happened, and to what. */
  readonly message: string;
  /** What to do next. */
  readonly hint: string;
  /** Each place, when a file of the user's is wrong. */
  readonly errors: readonly PlacedError[];
}

/** Null for an error that is not of the catalogue: a bug, of Coppice or of the caller. */
export function explainFailure(error: unknown): ExplainedFailure | null {
  const type = failureType(error);
  if (type === undefined) return null;
  const message = errorText(error);
  return { type, message, hint: hintFor(type), errors: placesOf(error) };
}

/** A failure of the file kinds carries its places as details. */
function placesOf(error: unknown): readonly PlacedError[] {
  const details = failureDetails(error);
  if (typeof details !== 'object' || details === null || !('errors' in details)) return [];
  return Array.isArray(details.errors) ? (details.errors as PlacedError[]) : [];
}
