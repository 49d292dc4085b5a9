// What benches ask of the report of a run.

import type { Report } from '../../client/api.ts';

/** A run that did not land everything has no figures. */
export function assertCompleted({ status, units }: Report): void {
  if (status === 'completed') return;
  const first = units.find((unit) => unit.status !== 'landed');
  throw new Error(`the run ended as ${status}; ${first?.id ?? 'no unit'}: ${first?.reason ?? 'no reason'}`);
}
