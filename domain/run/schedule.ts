// Which units of a run start next. Pure; part of domain/run/step.ts.

import type { PlanNode } from '../../contracts/documents/plan.ts';
import type { RunGraph } from '../plan/graph.ts';
import type { RunState, RunUnit } from './state.ts';
import { hasEndedPhase } from './state.ts';
import { isHeld, isTouched } from './hold.ts';

/** Most units to start at once: bursts of children keep the parent workflow busy. */
const startBurst = 20;
/** A workflow may have 2,000 open children. */
const openAtMost = 1_500;
/** Results that wait for the merge queue grow stale, so a run does not pile up more than this. */
const queuedAtMost = 200;

/**
 * Units that can start now, up to the free room: everything they need has landed or was left out, and what they come after
 * has ended. Those with the longest chain behind them come first, because they decide how long the run takes.
 */
export function unitsToStart(graph: RunGraph, state: RunState, parallel: number): PlanNode[] {
  if (state.cancelled || isHeld(state) || state.nextPlan !== undefined) return [];
  if (state.planning?.unitsOnly === true) return [];
  const { busy, open, queued } = countOpen(state);
  if (queued >= queuedAtMost) return [];
  const room = Math.min(parallel - busy, openAtMost - open, startBurst);
  const starting: PlanNode[] = [];
  for (const at of graph.priority) {
    if (starting.length >= room) break;
    if (state.units[at]?.phase !== 'waiting' || state.units[at]?.pausedBy !== null) continue;
    const node = graph.nodes[at];
    if (node !== undefined && isFree(graph, state, at) && !isTouched(state.hold, node.id)) starting.push(node);
  }
  return starting;
}

function countOpen({ units }: RunState): { busy: number; open: number; queued: number } {
  let [busy, open, queued] = [0, 0, 0];
  for (const { phase, requestedSlice, pausedBy } of units) {
    // A unit that the model's server has parked keeps its place: others would only be parked too. A unit that a person
    // has paused does not.
    const paused = requestedSlice !== null && pausedBy !== null;
    if ((phase === 'ready' || phase === 'working' || phase === 'parked') && !paused) busy += 1;
    if (phase === 'queued') queued += 1;
    if (phase !== 'waiting' && !hasEndedPhase(phase)) open += 1;
  }
  return { busy, open, queued };
}

function isFree({ needs, after }: RunGraph, { units }: RunState, at: number): boolean {
  return (
    (needs[at] ?? []).every((need) => isSettled(units[need])) &&
    (after[at] ?? []).every((other) => isOver(units[other]))
  );
}

/** The unit that one waits for although it does not need it; null = it waits for none. */
export function waitsBehind({ nodes, after }: RunGraph, { units }: RunState, at: number): PlanNode | null {
  const first = after[at]?.find((other) => !isOver(units[other]));
  return first === undefined ? null : (nodes[first] ?? null);
}

function isOver(unit: RunUnit | undefined): boolean {
  return unit !== undefined && hasEndedPhase(unit.phase);
}

function isSettled(unit: RunUnit | undefined): boolean {
  return unit !== undefined && (unit.phase === 'landed' || (unit.skippedBy !== null && hasEndedPhase(unit.phase)));
}
