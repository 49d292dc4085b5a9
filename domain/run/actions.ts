// Whether a person may now cancel, pause, retry or leave out a unit, and if not, why. The workflow asks before it acts;
// the client asks the same about a run that has ended, before it reopens it.

import type { UnitActionAnswer } from '../../contracts/messages/run.ts';
import type { RunGraph } from '../plan/graph.ts';
import type { RunState, RunUnit } from './state.ts';
import type { Resolution } from '../../contracts/activities/conflict.ts';
import { type UnitId, isSha } from '../../contracts/ids.ts';
import { hasEndedPhase } from './state.ts';

type Refusal = Extract<UnitActionAnswer, { accepted: false }>;

export function refuseCancel(graph: RunGraph, state: RunState, id: UnitId): Refusal | null {
  return withUnit(graph, state, id, ({ phase }) => (hasEndedPhase(phase) ? `${id} is ${phase} already` : null));
}

/** `reverted`: its commit was taken back, so that it may begin anew although it has landed. */
export function refuseRetry(graph: RunGraph, state: RunState, id: UnitId, reverted = false): Refusal | null {
  return withUnit(graph, state, id, ({ phase, failedDependency }) => {
    if (state.cancelled) return 'the run is being cancelled';
    if (phase === 'landed') return reverted ? null : hasLanded(id);
    if (!hasEndedPhase(phase)) return `${id} is ${phase}; only a unit that has ended can be tried again`;
    if (failedDependency === null) return null;
    const cause = graph.nodes[failedDependency]?.id ?? '?';
    return `${id} is skipped because of ${cause}; retry that one, and ${id} follows by itself`;
  });
}

function hasLanded(id: UnitId): string {
  return `${id} has landed; \`coppice queue revert RUN/${id} --reopen\` takes its commit back and begins it anew`;
}

/** Other programs send updates too, so its shape is checked; null = the unit begins with its agent. */
export function readResolution(given: unknown): Resolution | null {
  if (typeof given !== 'object' || given === null || !('commit' in given) || !('by' in given)) return null;
  const { commit, by } = given;
  if (typeof commit !== 'string' || !isSha(commit) || typeof by !== 'string') return null;
  return { commit, by: by.slice(0, longestName) };
}

const longestName = 200;

export function refuseSkip(graph: RunGraph, state: RunState, id: UnitId): Refusal | null {
  return withUnit(graph, state, id, ({ phase, skippedBy }) => {
    if (state.cancelled) return 'the run is being cancelled';
    if (phase === 'landed') return `${id} has landed already`;
    return skippedBy === null ? null : `${id} is left out already, by ${skippedBy}`;
  });
}

/** `id` null = the whole run. */
export function refusePause(graph: RunGraph, state: RunState, id: UnitId | null): Refusal | null {
  const { pausedBy } = state.hold;
  if (state.cancelled) return refusal('the run is being cancelled');
  if (id === null) return pausedBy === null ? null : refusal(`the run is paused already, by ${pausedBy}`);
  return withUnit(graph, state, id, (unit) => {
    if (hasEndedPhase(unit.phase)) return `${id} is ${unit.phase}`;
    if (unit.phase === 'queued') return `${id} is done, and in the merge queue`;
    return unit.pausedBy === null ? null : `${id} is paused already, by ${unit.pausedBy}`;
  });
}

export function refuseResume(graph: RunGraph, state: RunState, id: UnitId | null): Refusal | null {
  if (id === null) return state.hold.pausedBy === null ? refusal('the run is not paused') : null;
  return withUnit(graph, state, id, ({ pausedBy }) => (pausedBy === null ? `${id} is not paused` : null));
}

function refusal(message: string): Refusal {
  return { accepted: false, known: true, message };
}

function withUnit(
  graph: RunGraph,
  { units, planning }: RunState,
  id: UnitId,
  refuse: (unit: RunUnit) => string | null,
): Refusal | null {
  const unit = units[graph.positions.get(id) ?? -1];
  if (unit === undefined) return { accepted: false, known: false, message: `the run has no unit ${id}` };
  const isMade = planning?.unitsOnly === true && !hasEndedPhase(unit.phase);
  const message = isMade ? 'the units are still being made; only the whole run can be acted on' : refuse(unit);
  return message === null ? null : { accepted: false, known: true, message };
}
