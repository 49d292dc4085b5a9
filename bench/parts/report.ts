// What benches need from a run's report.

import type { Report } from '../../client/api.ts';

/** Throws unless the run landed everything: other runs have no figures. */
export function assertCompleted({ status, units }: Report): void {
  if (status === 'completed') return;
  const first = units.find((unit) => unit.status !== 'landed');
  throw new Error(`the run ended as ${status}; ${first?.id ?? 'no unit'}: ${first?.reason ?? 'no reason'}`);
}
