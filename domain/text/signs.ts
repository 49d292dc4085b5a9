// One sign for each phase of a unit and each state of a run, wherever people see them: terminals, reports, Temporal's
// Web UI. No two phases share a sign, so that they can be told apart without colour.

import type { RunStatus, UnitPhase } from '../../contracts/documents/report.ts';

export const unitSigns: Readonly<Record<UnitPhase, string>> = {
  working: '●',
  asking: '?',
  queued: '»',
  parked: '‖',
  ready: '○',
  waiting: '·',
  landed: '✓',
  failed: '✗',
  cancelled: '–',
  skipped: '↷',
};

/** Like the units that make it so. */
export const runSigns: Readonly<Record<RunStatus, string>> = {
  planning: unitSigns.working,
  running: unitSigns.working,
  paused: unitSigns.parked,
  completed: unitSigns.landed,
  failed: unitSigns.failed,
  cancelled: unitSigns.cancelled,
};

/** A tree in a train of the merge queue: passed, not passed, at a host now, or none of these. No sign says "landed". */
export const treeSigns = { green: '■', red: '✗', verifying: '▣', open: '□' } as const;
