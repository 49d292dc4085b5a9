// Ids of runs and units for completion: TAB waits a second at most, and errors stay silent.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Coppice } from '../../api.ts';
import type { Ids, IdsOf } from './complete-words.ts';

const patienceMs = 1_000;
const mostRuns = 50;

export const listedIds: Ids = (of) => Promise.race([ask(of).catch(() => []), sleep(patienceMs, [], { ref: false })]);

async function ask(of: IdsOf): Promise<readonly string[]> {
  const api = await import('../../api.ts');
  const coppice = await api.Coppice.connect();
  try {
    return await listed(coppice, of);
  } finally {
    await coppice.close();
  }
}

async function listed(coppice: Coppice, of: IdsOf): Promise<readonly string[]> {
  if (of === 'runs') return (await coppice.runs()).slice(0, mostRuns).map(({ run }) => run);
  if (of === 'asking-runs') return [...new Set((await coppice.approvals()).map(({ run }) => run))];
  if ('unitsOf' in of) return (await (await coppice.run(of.unitsOf)).status()).units.map(({ id }) => id);
  const asking = await coppice.approvals(await coppice.run(of.askingUnitsOf));
  return [...new Set(asking.flatMap(({ unit }) => unit ?? []))];
}
