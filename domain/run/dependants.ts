// Updates the units that need one which ended without landing, is tried again, or is left out: those that can no longer
// land are skipped, those that can land again wait again. One walk over the graph decides for all of them.

import type { RunGraph } from '../plan/graph.ts';
import type { RunState, RunUnit } from './state.ts';

/** Linear in units and needs; call it after a unit changed in one of these ways. */
export function skipDependants(graph: RunGraph, state: RunState, now: number): RunState {
  const units = [...state.units];
  let { version } = state;
  for (const at of graph.order) {
    const unit = units[at];
    if (unit === undefined || !isUndecided(unit)) continue;
    const failedDependency = failedDependencyOf(graph.needs[at] ?? [], units);
    if (failedDependency === unit.failedDependency) continue;
    version += 1;
    const phase = failedDependency === null ? 'waiting' : 'skipped';
    units[at] = { ...unit, phase, since: now, failedDependency, recorded: false, version };
  }
  return version === state.version ? state : { ...state, units, version };
}

/** The unit waits, or was skipped because of another one. */
function isUndecided({ phase, failedDependency }: RunUnit): boolean {
  return phase === 'waiting' || (phase === 'skipped' && failedDependency !== null);
}

/** The unit at the root: a need that failed, or the one that a skipped need was skipped for. */
function failedDependencyOf(needs: readonly number[], units: readonly RunUnit[]): number | null {
  for (const need of needs) {
    const unit = units[need];
    if (unit === undefined || unit.skippedBy !== null) continue;
    if (unit.phase === 'failed' || unit.phase === 'cancelled') return need;
    if (unit.phase === 'skipped' && unit.failedDependency !== null) return unit.failedDependency;
  }
  return null;
}
