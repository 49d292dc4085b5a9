// A run's state when it starts.

import type { RunGraph } from '../plan/graph.ts';
import type { RunLimits, RunSettings } from './settings.ts';
import type { RunState } from './state.ts';
import { freshUnit } from './state.ts';
import { askAbout, noHold } from './hold.ts';
import { openLedgers } from './ledgers.ts';

export function beginRun(
  graph: RunGraph,
  settings: RunLimits & Pick<RunSettings, 'planAsk' | 'planning'>,
  now: number,
): RunState {
  const { planAsk, planning } = settings;
  return {
    startedAt: now,
    units: graph.nodes.map((_, position) => ({ ...freshUnit, since: now, version: position + 1 })),
    ledgers: openLedgers(settings),
    hold: planAsk === undefined ? noHold : askAbout(noHold, { kind: 'plan', ...planAsk.request }),
    cancelled: false,
    version: graph.nodes.length,
    pages: 0,
    reopened: false,
    ...(planning === undefined ? {} : { planning: planningOf(planning) }),
  };
}

function planningOf({ unitsOnly }: NonNullable<RunSettings['planning']>): NonNullable<RunState['planning']> {
  return { plan: null, ...(unitsOnly === undefined ? {} : { unitsOnly }) };
}
