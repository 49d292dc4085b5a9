// The number that decides who owns a unit's checkpoint ref. It grows with every retry of the unit, every slice of a
// retry, and every attempt at a slice, so the latest attempt always has the highest one.

/** Attempts at a slice may go on for days, for example if a host is full or a remote is unreachable. */
const perSlice = 1_000_000;
const perRetry = 100_000_000_000;

export function attemptNumber(of: {
  readonly retry: number;
  readonly slice: number;
  readonly attempt: number;
}): number {
  return of.retry * perRetry + of.slice * perSlice + of.attempt;
}

/** A person's result comes after all attempts at the last slice, and before the next one. */
export function personAttempt(of: { readonly retry: number; readonly slice: number }): number {
  return attemptNumber({ ...of, attempt: perSlice - 1 });
}

/** True if there was no attempt before. */
export function isFirst(attempt: number): boolean {
  return attempt === attemptNumber({ retry: 0, slice: 1, attempt: 1 });
}

/** The retry that an attempt belongs to; work of an earlier retry is not continued. */
export function retryOf(attempt: number): number {
  return Math.floor(attempt / perRetry);
}
