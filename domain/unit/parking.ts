// When a session that cannot ask its model is tried again, and where it waits. A short outage is waited for in place by
// Temporal's retries; a longer one gives the slot back: the unit is parked, and continues by itself, on any host.

import type { Parked } from '../../contracts/activities/agent.ts';
/** A pause that the server asks for and that is not worth more than a retry; seconds. */
const shortPause = 30;
/** Attempts at a slice that fail before it is parked: some seconds of trying. */
const attemptsInPlace = 4;
/** Pauses of a unit that is parked again without a turn in between; seconds. The last one stays. */
const pauses = [60, 120, 300, 600];

export function isWorthParking(retryAfterSeconds: number | null, attempt: number): boolean {
  return (retryAfterSeconds ?? 0) > shortPause || attempt >= attemptsInPlace;
}

/** `times`: how often it was parked in a row, this time included. */
export function parkedFor({ retryAfterSeconds }: Parked, times: number): number {
  return retryAfterSeconds ?? pauses[Math.min(times, pauses.length) - 1] ?? 60;
}
