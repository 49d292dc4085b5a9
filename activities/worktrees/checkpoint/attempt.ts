// The number that says who owns a unit's checkpoint ref: it grows with every retry of the unit, every slice of that, and
// every attempt at the slice, so the latest comer always has the highest one.

/** A slice is tried again for as long as that can help: a host that is full, or a remote that is away, for days. */
const perSlice = 1_000_000;
const perRetry = 100_000_000_000;

export function attemptNumber(of: {
  readonly retry: number;
  readonly slice: number;
  readonly attempt: number;
}): number {
  return of.retry * perRetry + of.slice * perSlice + of.attempt;
}

/** Nobody has begun before it. */
export function isFirst(attempt: number): boolean {
  return attempt === attemptNumber({ retry: 0, slice: 1, attempt: 1 });
}

/** The retry that an attempt belongs to; work of an earlier one is not continued. */
export function retryOf(attempt: number): number {
  return Math.floor(attempt / perRetry);
}
