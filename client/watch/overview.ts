// What people look at of a run that is known unit by unit. Pure; for an open run the run's workflow makes the same choice
// (domain/run/view.ts).

import type { RunStatusDocument, StatusOverview } from './status.ts';
import { countByPhase, notableUnits } from '../../domain/run/notable.ts';

/** Of a longer run, this many are shown, and the others counted. */
export const unitsShown = 50;

export function overviewOf(document: RunStatusDocument, most = unitsShown): StatusOverview {
  const { units } = document;
  const shown = units.length <= most ? units : notableUnits(units, most).flatMap((at) => units[at] ?? []);
  return { ...document, units: shown, counts: countByPhase(units) };
}
