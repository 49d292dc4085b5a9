// How phases of units and ends of runs look: one sign, one colour and one word each.

import type { Cell } from './table.ts';
import type { RunStatus, UnitPhase } from '../../../contracts/documents/report.ts';
import type { Style } from './colour.ts';

const looks: Record<UnitPhase, { readonly sign: string; readonly style: Style | null }> = {
  working: { sign: '●', style: 'cyan' },
  asking: { sign: '?', style: 'yellow' },
  queued: { sign: '»', style: 'cyan' },
  parked: { sign: '‖', style: 'yellow' },
  ready: { sign: '○', style: null },
  waiting: { sign: '·', style: 'dim' },
  landed: { sign: '✓', style: 'green' },
  failed: { sign: '✗', style: 'red' },
  cancelled: { sign: '–', style: 'yellow' },
  skipped: { sign: '–', style: 'dim' },
};

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

export function statusStyle(status: RunStatus): Style {
  return status === 'completed' ? 'green' : status === 'running' ? 'cyan' : status === 'failed' ? 'red' : 'yellow';
}

/** `8 landed, 1 failed, 3 waiting`, the most urgent first. */
export function countPhases(units: readonly { readonly phase: UnitPhase }[]): string {
  return phasesByUrgency
    .map((phase) => ({ phase, n: units.filter((unit) => unit.phase === phase).length }))
    .filter(({ n }) => n > 0)
    .map(({ phase, n }) => `${n} ${phase}`)
    .join(', ');
}
