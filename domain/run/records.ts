// The report's rows about units, on their way to git. The run hands them over in pages as units end, so that its state
// stays small however many there are. If a unit was retried, its rows add up; the last one says how it ended.

import type { RecordedUnit } from '../../contracts/activities/reports.ts';
import { noTotals } from '../money/usage.ts';
import type { UnitRecord } from '../../contracts/documents/records.ts';
import type { RunGraph } from '../plan/graph.ts';
import type { RunState, RunUnit } from './state.ts';
import type { UnitId } from '../../contracts/ids.ts';
import { hasEndedPhase } from './state.ts';
import { reasonOf } from './step.ts';

/** Units per page: below 300 kB, even if every row holds all it can. */
export const pageSize = 200;

/** Units that have ended and are in no page yet, in the order of the plan. */
export function unrecorded(graph: RunGraph, state: RunState): UnitId[] {
  return graph.nodes.flatMap(({ id }, at) => {
    const unit = state.units[at];
    return unit !== undefined && hasEndedPhase(unit.phase) && !unit.recorded ? [id] : [];
  });
}

export function recordsOf(graph: RunGraph, state: RunState, ids: readonly UnitId[]): RecordedUnit[] {
  return ids.flatMap((id) => {
    const at = graph.positions.get(id);
    const unit = at === undefined ? undefined : state.units[at];
    return at === undefined || unit === undefined ? [] : [recordOf(graph, state, at, unit)];
  });
}

function recordOf(graph: RunGraph, state: RunState, at: number, unit: RunUnit): RecordedUnit {
  const wait = waitOf(graph, state, at, unit);
  const {
    totals,
    slices,
    attempts,
    seconds,
    decisions,
    conflicts,
    size,
    largeFiles,
    kept,
    review,
    noReview,
    redBefore,
  } = unit.record ?? noRecord;
  const node = graph.nodes[at];
  return {
    id: node?.id ?? ('' as UnitId),
    status: unit.phase,
    reason: reasonOf(graph, state, at),
    needs: node?.needs ?? [],
    commit: unit.commit,
    slices,
    attempts,
    ...totals,
    ...(unit.retries === 0 ? {} : { retries: unit.retries }),
    ...(unit.phase === 'skipped' ? whySkipped(graph, unit) : {}),
    startedAt: unit.startedAt === null ? null : new Date(unit.startedAt).toISOString(),
    endedAt: new Date(unit.since).toISOString(),
    seconds: { ...seconds, dependencies: wait.dependencies, slot: seconds.slot + wait.window },
    decisions,
    conflicts,
    ...(size === undefined ? {} : { size }),
    ...(largeFiles === undefined ? {} : { largeFiles }),
    ...(kept === undefined ? {} : { kept }),
    ...(review === undefined ? {} : { review }),
    ...(noReview === undefined ? {} : { noReview }),
    ...(redBefore === undefined ? {} : { redBefore }),
  };
}

function whySkipped(graph: RunGraph, { skippedBy, failedDependency }: RunUnit) {
  if (skippedBy !== null) return { skippedBy };
  const dependency = failedDependency === null ? undefined : graph.nodes[failedDependency]?.id;
  return dependency === undefined ? {} : { failedDependency: dependency };
}

const noRecord: UnitRecord = {
  totals: noTotals,
  slices: 0,
  attempts: 0,
  seconds: { slot: 0, work: 0, human: 0, queue: 0 },
  decisions: [],
  conflicts: { met: 0, resolvedByAgent: 0 },
};

/** Seconds of waiting for dependencies, then for a place in the window. Counted once, not again for a retry. */
function waitOf(
  graph: RunGraph,
  { startedAt, begunAt: begun = startedAt, units }: RunState,
  at: number,
  unit: RunUnit,
): { dependencies: number; window: number } {
  if (unit.startedAt === null || unit.retries > 0) return { dependencies: 0, window: 0 };
  const free = (graph.needs[at] ?? []).reduce((latest, need) => Math.max(latest, units[need]?.since ?? begun), begun);
  return { dependencies: (free - begun) / 1000, window: Math.max(0, unit.startedAt - free) / 1000 };
}
