// A run's state when it starts.

import type { RunGraph } from '../plan/graph.ts';
import type { RunLimits } from './settings.ts';
import type { RunState } from './state.ts';
import { freshUnit } from './state.ts';
import { noHold } from './hold.ts';
import { openLedgers } from './ledgers.ts';

export function beginRun(graph: RunGraph, settings: RunLimits, now: number): RunState {
  return {
    startedAt: now,
    units: graph.nodes.map((_, position) => ({ ...freshUnit, since: now, version: position + 1 })),
    ledgers: openLedgers(settings),
    hold: noHold,
    cancelled: false,
    version: graph.nodes.length,
    pages: 0,
    reopened: false,
  };
}
