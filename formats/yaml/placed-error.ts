// What is wrong in a file that a user wrote, and where: the result of every reader of files.

export interface Place {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1, in UTF-16 units as editors do. */
  readonly column: number;
}

export interface PlacedError {
  readonly at: Place;
  /** In the terms of the file: `units[2].prompt is missing`. */
  readonly message: string;
}

/** The most errors to report. */
export const maxErrors = 1000;

/** Errors in the order of the file, at most `maxErrors`. */
export function inFileOrder(errors: readonly PlacedError[]): PlacedError[] {
  return errors.toSorted((a, b) => a.at.line - b.at.line || a.at.column - b.at.column).slice(0, maxErrors);
}

/** `FILE:LINE:COLUMN: message`, the compiler format that editors understand. */
export function formatPlacedError({ at, message }: PlacedError): string {
  return `${at.file}:${at.line}:${at.column}: ${message}`;
}

/** `an error` or `3 errors`. */
export function countErrors({ length }: readonly PlacedError[]): string {
  return length === 1 ? 'an error' : `${length} errors`;
}
