// How the phases of units, the states of runs and open approvals look, wherever people see them: one sign, one colour
// and one word each. No two phases share a sign, so that they can be told apart without colour.

import type { Cell } from './table.ts';
import type { RunStatus, UnitPhase } from '../../../contracts/documents/report.ts';
import type { Style } from './colour.ts';

interface Look {
  readonly sign: string;
  readonly style: Style | null;
}

const looks: Record<UnitPhase, Look> = {
  working: { sign: '●', style: 'cyan' },
  asking: { sign: '?', style: 'yellow' },
  queued: { sign: '»', style: 'cyan' },
  parked: { sign: '‖', style: 'yellow' },
  ready: { sign: '○', style: null },
  waiting: { sign: '·', style: 'dim' },
  landed: { sign: '✓', style: 'green' },
  failed: { sign: '✗', style: 'red' },
  cancelled: { sign: '–', style: 'yellow' },
  skipped: { sign: '↷', style: 'dim' },
};

/** Like the units that make it so. */
const runLooks: Record<RunStatus, Look & { readonly style: Style }> = {
  running: { sign: '●', style: 'cyan' },
  paused: { sign: '‖', style: 'yellow' },
  completed: { sign: '✓', style: 'green' },
  failed: { sign: '✗', style: 'red' },
  cancelled: { sign: '–', style: 'yellow' },
};

/** Of an open approval: whether it waits for the viewer or for others. */
export const approvalLooks = {
  mine: { sign: '!', style: 'yellow' },
  others: { sign: '?', style: 'dim' },
} as const satisfies Record<string, Look>;

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

export function signOf(phase: UnitPhase): string {
  return looks[phase].sign;
}

/** Whether a unit needs no action and did not fail: a view with little room only counts such units. */
export function isDone(phase: UnitPhase): boolean {
  return phase === 'landed' || phase === 'skipped' || phase === 'cancelled';
}

export function signCell(phase: UnitPhase): Cell {
  return { text: looks[phase].sign, style: looks[phase].style };
}

export function phaseCell(phase: UnitPhase): Cell {
  return { text: phase, style: looks[phase].style };
}

export function runSign(status: RunStatus): string {
  return runLooks[status].sign;
}

export function runSignCell(status: RunStatus): Cell {
  return { text: runLooks[status].sign, style: runLooks[status].style };
}

export function runStyle(status: RunStatus): Style {
  return runLooks[status].style;
}

/** `8 landed, 1 failed, 3 waiting`, the most urgent first. */
export function countPhases(units: readonly { readonly phase: UnitPhase }[]): string {
  return phasesByUrgency
    .map((phase) => ({ phase, n: units.filter((unit) => unit.phase === phase).length }))
    .filter(({ n }) => n > 0)
    .map(({ phase, n }) => `${n} ${phase}`)
    .join(', ');
}
