// How the phases of units, the states of runs and open approvals look in text and reports: one sign (domain/text/signs.ts),
// one colour and one word each.

import type { Cell } from './table.ts';
import type { RunStatus, UnitPhase } from '../../../contracts/documents/report.ts';
import type { Style } from './colour.ts';
import { countByPhase, type PhaseCounts, phasesByUrgency } from '../../../domain/run/notable.ts';
import { runSigns, unitSigns } from '../../../domain/text/signs.ts';

const styles: Readonly<Record<UnitPhase, Style | null>> = {
  working: 'cyan',
  asking: 'yellow',
  queued: 'cyan',
  parked: 'yellow',
  ready: null,
  waiting: 'dim',
  landed: 'green',
  failed: 'red',
  cancelled: 'yellow',
  skipped: 'dim',
};

const runStyles: Readonly<Record<RunStatus, Style>> = {
  planning: 'cyan',
  running: 'cyan',
  paused: 'yellow',
  completed: 'green',
  failed: 'red',
  cancelled: 'yellow',
};

/** Of an open approval: whether it waits for the viewer or for others. */
export const approvalLooks = {
  mine: { sign: '!', style: 'yellow' },
  others: { sign: '?', style: 'dim' },
} as const;

export function signOf(phase: UnitPhase): string {
  return unitSigns[phase];
}

/** Whether a unit needs no action and did not fail: a view with little room only counts such units. */
export function isDone(phase: UnitPhase): boolean {
  return phase === 'landed' || phase === 'skipped' || phase === 'cancelled';
}

export function signCell(phase: UnitPhase): Cell {
  return { text: unitSigns[phase], style: styles[phase] };
}

export function phaseCell(phase: UnitPhase): Cell {
  return { text: phase, style: styles[phase] };
}

export function runSign(status: RunStatus): string {
  return runSigns[status];
}

export function runSignCell(status: RunStatus): Cell {
  return { text: runSigns[status], style: runStyles[status] };
}

export function runStyle(status: RunStatus): Style {
  return runStyles[status];
}

/** `8 landed, 1 failed, 3 waiting`, the most urgent first. */
export function countPhases(units: readonly { readonly phase: UnitPhase }[]): string {
  return countsText(countByPhase(units));
}

export function countsText(counts: PhaseCounts): string {
  return phasesByUrgency.flatMap((phase) => ((counts[phase] ?? 0) > 0 ? [`${counts[phase]} ${phase}`] : [])).join(', ');
}
