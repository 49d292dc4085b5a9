// Which units of a run a message of another unit can reach.

import type { Reachable } from '../../contracts/messages/run.ts';
import type { RunGraph } from '../plan/graph.ts';
import type { UnitId } from '../../contracts/ids.ts';
import { type RunState, hasEndedPhase } from './state.ts';

export function reachableIn(graph: RunGraph, state: RunState, unit: UnitId | null): Reachable {
  const begun = graph.nodes.flatMap(({ id }, at) => {
    const phase = state.units[at]?.phase ?? 'waiting';
    return phase === 'waiting' || hasEndedPhase(phase) ? [] : [id];
  });
  const position = unit === null ? undefined : graph.positions.get(unit);
  return { begun, phase: position === undefined ? null : (state.units[position]?.phase ?? null) };
}
