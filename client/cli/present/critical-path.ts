// How far a run is along its critical path, counted in units: how long units take is unknown until they land, so
// nothing here guesses at time. The path is the longest chain that can still delay the run.

import type { UnitStatus } from '../../watch/status.ts';
import { criticalPath } from '../../../domain/plan/dag.ts';
import { hasEndedPhase } from '../../../domain/run/state.ts';

export interface PathProgress {
  /** From its first unit to its last. */
  readonly path: readonly UnitStatus[];
  readonly landed: number;
  /** The unit that the rest of the path waits for; null if everything has ended. */
  readonly now: UnitStatus | null;
}

/**
 * Of chains of equal length, the one with the most left to do, so that a chain that is ahead does not hide one that
 * lags.
 */
export function pathProgress(units: readonly UnitStatus[]): PathProgress {
  const byId = new Map(units.map((unit) => [unit.id, unit]));
  const alive = aliveUnits(units, byId);
  const counted = alive.length === 0 ? units : alive;
  const weight = ({ phase }: UnitStatus): number => counted.length + 1 + (hasEndedPhase(phase) ? 0 : 1);
  const path = criticalPath(counted, weight).flatMap((id) => byId.get(id) ?? []);
  return {
    path,
    landed: path.filter(({ phase }) => phase === 'landed').length,
    now: path.find(({ phase }) => !hasEndedPhase(phase)) ?? null,
  };
}

/** Units that have not ended, and what they needed: only chains of these can still take time. */
function aliveUnits(units: readonly UnitStatus[], byId: ReadonlyMap<string, UnitStatus>): UnitStatus[] {
  const alive = new Set(units.filter(({ phase }) => !hasEndedPhase(phase)));
  // The set grows while the loop walks it: it is its own queue.
  for (const { needs } of alive) {
    for (const need of needs) {
      const unit = byId.get(need);
      if (unit !== undefined) alive.add(unit);
    }
  }
  return units.filter((unit) => alive.has(unit));
}
