// Which units of a large run people look at first. Pure; the run's workflow picks for `coppice status` and for its page in
// the Web UI, the client for runs that have ended.

import type { UnitPhase } from '../../contracts/documents/report.ts';

/** Most urgent first: a view with little room shows these first. */
export const phasesByUrgency: readonly UnitPhase[] = [
  'asking',
  'working',
  'failed',
  'parked',
  'queued',
  'ready',
  'waiting',
  'cancelled',
  'skipped',
  'landed',
];

export type PhaseCounts = Readonly<Partial<Record<UnitPhase, number>>>;

/** Absent = no unit is in that phase. */
export function countByPhase(units: readonly { readonly phase: UnitPhase }[]): PhaseCounts {
  const counts: Partial<Record<UnitPhase, number>> = {};
  for (const { phase } of units) counts[phase] = (counts[phase] ?? 0) + 1;
  return counts;
}

/** `since` in milliseconds or ISO 8601, the same for all. */
interface Candidate {
  readonly phase: UnitPhase;
  readonly since: number | string;
}

/**
 * Positions of at most `most` units that neither wait nor have landed, by the urgency of their phase; within a phase, the
 * unit that entered it first comes first. Each phase has an equal share of the room, so that many units at work do not
 * hide the few that failed; what a phase does not need goes to the most urgent ones.
 */
export function notableUnits(units: readonly Candidate[], most: number): number[] {
  const byPhase = new Map<UnitPhase, number[]>();
  for (const [at, { phase }] of units.entries()) {
    if (phase === 'waiting' || phase === 'landed') continue;
    const group = byPhase.get(phase);
    if (group === undefined) byPhase.set(phase, [at]);
    else group.push(at);
  }
  const share = Math.floor(most / Math.max(1, byPhase.size));
  let spare = most;
  for (const { length } of byPhase.values()) spare -= Math.min(share, length);
  return phasesByUrgency.flatMap((phase) => {
    const group = byPhase.get(phase) ?? [];
    const taken = Math.min(group.length, share + spare);
    spare -= Math.max(0, taken - share);
    return group.toSorted((a, b) => compareSince(units[a], units[b])).slice(0, taken);
  });
}

function compareSince(a: Candidate | undefined, b: Candidate | undefined): number {
  if (a === undefined || b === undefined || a.since === b.since) return 0;
  return a.since < b.since ? -1 : 1;
}
