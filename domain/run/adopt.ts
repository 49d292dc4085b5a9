// A run goes on with another plan: the one its planner made, or one that people or agents have changed. Units that both
// plans have keep their state. Pure; the run then continues as new with the other graph.

import { freshUnit, type RunState, type RunUnit } from './state.ts';
import type { RunGraph } from '../plan/graph.ts';
import { recordsOf } from './records.ts';
import { skipDependants } from './dependants.ts';

/** Changes of the plan that the report names. */
const mostEdits = 100;

export function adoptPlan(from: RunGraph, state: RunState, to: RunGraph, now: number): RunState {
  const { planning, nextPlan, ...rest } = state;
  // Only a session has something to report.
  const [row] =
    planning === undefined || planning.unitsOnly === true
      ? []
      : recordsOf(
          from,
          state,
          from.nodes.map(({ id }) => id),
        );
  const units = to.nodes.map(({ id }): RunUnit => {
    const before = state.units[from.positions.get(id) ?? -1];
    if (before === undefined || planning !== undefined) return { ...freshUnit, since: now };
    const cause = before.failedDependency === null ? undefined : from.nodes[before.failedDependency]?.id;
    return { ...before, failedDependency: cause === undefined ? null : (to.positions.get(cause) ?? null) };
  });
  const edits =
    nextPlan === undefined || planning !== undefined
      ? []
      : [...(state.edits ?? []), { ...nextPlan, at: now }].slice(-mostEdits);
  const adopted = {
    ...rest,
    units,
    ...(planning === undefined ? {} : { begunAt: now }),
    adoptedAt: state.version + 1,
    // Positions are other units now, so whoever follows the run looks at all of them: see `changeOf` in pages.ts.
    version: state.version + units.length,
    ...(row === undefined ? {} : { planner: row }),
    ...(edits.length === 0 ? {} : { edits }),
  };
  // Units that need a unit which can no longer land.
  return skipDependants(to, adopted, now);
}
