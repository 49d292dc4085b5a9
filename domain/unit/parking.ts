// When a session that cannot reach its model tries again, and where it waits. Temporal's retries wait out a short
// outage in place. A longer one gives the slot back: the unit is parked, and continues by itself, on any host.

import type { Parked } from '../../contracts/activities/agent.ts';
/** Longest pause requested by the server that is left to a retry; seconds. */
const shortPause = 30;
/** Failed attempts at a slice before it is parked: some seconds of trying. */
const attemptsInPlace = 4;
/** Pauses of a unit that is parked again without a turn in between; seconds. The last one repeats. */
const pauses = [60, 120, 300, 600];

export function isWorthParking(retryAfterSeconds: number | null, attempt: number): boolean {
  return (retryAfterSeconds ?? 0) > shortPause || attempt >= attemptsInPlace;
}

/** `times`: how often in a row it was parked, this time included. */
export function parkedFor({ retryAfterSeconds }: Parked, times: number): number {
  return retryAfterSeconds ?? pauses[Math.min(times, pauses.length) - 1] ?? 60;
}
