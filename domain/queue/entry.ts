// The entries of a merge queue, and the order in which they are taken. Pure.
//
// First come, first served within a priority. What was in flight and has to be built again goes first; then repaired
// results, for which the target has moved least. An entry's rank grows while others land before it, so that overtaking
// is bounded.

import type { LandingSubject } from '../../contracts/activities/landing.ts';
import type { RunId, Sha, UnitId } from '../../contracts/ids.ts';

/** Where an entry belongs; its run's context is held once for all entries of the run. */
export interface EntryId {
  readonly run: RunId;
  readonly unit: UnitId;
}

export interface Entry extends EntryId, Omit<LandingSubject, 'context' | 'title'> {
  /** Given by people; 0 unless bumped. */
  readonly priority: number;
  /** Counts arrivals. */
  readonly order: number;
  /** How many results the queue had landed when this one arrived. */
  readonly landedBefore: number;
  /** When it began to wait, ISO 8601. */
  readonly since: string;
  readonly hold?: Hold;
  /** It was in flight: nothing overtakes it. */
  readonly taken?: true;
  /** A push may have landed it, and nobody knows: a host has to look before it can leave. */
  readonly uncertain?: true;
  /** It is to leave without landing, but it may have landed. What its unit hears if it has not. */
  readonly leaving?: Leaving;
  /** A host could not look whether it has landed: the next one looks when the queue is not paused. */
  readonly stuck?: true;
  /** It takes back this commit of the branch; no unit waits for its answer. */
  readonly reverts?: Sha;
  /** Who asked for that. */
  readonly requestedBy?: string;
  /** Building it together with others failed. */
  readonly alone?: true;
}

export type Leaving = { readonly status: 'withdrawn' } | { readonly status: 'refused'; readonly reason: string };

/** Puts an entry among those that wait, in the order of arrival. */
export function putBack(waiting: readonly Entry[], entry: Entry): readonly Entry[] {
  const later = waiting.findIndex(({ order }) => order > entry.order);
  return later === -1 ? [...waiting, entry] : waiting.toSpliced(later, 0, entry);
}

/** Why an entry is not taken. */
export type Hold =
  /** It conflicts in the same files as a result that this unit is repairing. */
  | ({ readonly why: 'repair' } & EntryId)
  /** It conflicts with a candidate in flight, and not with the target. */
  | { readonly why: 'line' }
  /** It changes protected paths, so it lands alone: nothing is built before it has. */
  | { readonly why: 'solo' }
  /** It is red, and so is this tip of the target. */
  | { readonly why: 'red-base'; readonly target: Sha };

/** Landings of others that raise an entry's rank by one. */
const landingsPerRank = 8;
export const priorities = { lowest: -10, highest: 10 } as const;

/** Priority, and a bonus for waiting. */
export function rankOf({ priority, landedBefore }: Entry, landed: number): number {
  return priority + Math.floor((landed - landedBefore) / landingsPerRank);
}

/** In the order in which they are taken, at most so many. Costs one look at each: there are few different places. */
export function inOrder(waiting: readonly Entry[], landed: number, most = Number.POSITIVE_INFINITY): readonly Entry[] {
  const byPlace = new Map<number, Entry[]>();
  for (const entry of waiting) {
    const place = placeOf(entry, landed);
    const others = byPlace.get(place);
    if (others === undefined) byPlace.set(place, [entry]);
    else others.push(entry);
  }
  const ordered: Entry[] = [];
  for (const place of [...byPlace.keys()].toSorted((a, b) => b - a)) {
    if (ordered.length >= most) break;
    for (const entry of byPlace.get(place) ?? []) ordered.push(entry);
  }
  return ordered.slice(0, most);
}

/** Higher goes first: what was in flight, then by rank, then what was repaired. */
function placeOf(entry: Entry, landed: number): number {
  const { taken = false, returned } = entry;
  return (taken ? 1_000_000 : 0) + 2 * rankOf(entry, landed) + (returned > 0 ? 1 : 0);
}

export function isOf(a: EntryId, b: EntryId): boolean {
  return a.run === b.run && a.unit === b.unit;
}

export function nameOf({ run, unit }: EntryId): string {
  return `${run}/${unit}`;
}

/** For people. */
export function titleOf(entry: Entry): string {
  return entry.reverts === undefined ? nameOf(entry) : `the revert of ${nameOf(entry)}`;
}

/** As it waits again: for a reason, or for none. */
export function waitingAgain(entry: Entry, at: string, hold?: Hold): Entry {
  const { hold: _, ...rest } = entry;
  return { ...rest, since: at, ...(hold === undefined ? {} : { hold }) };
}
