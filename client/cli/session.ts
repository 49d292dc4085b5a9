// Shared by commands that talk to Temporal: connect, do one thing, close in any case.

import type { Coppice } from '../api.ts';
import { failureType } from '../../contracts/failures.ts';

export async function withCoppice<Result>(use: (coppice: Coppice) => Promise<Result>): Promise<Result> {
  // Only here, because Temporal's client is half of what a start costs, and help, `plan` and `init` need none.
  const { Coppice } = await import('../api.ts');
  const coppice = await Coppice.connect();
  try {
    return await use(coppice);
  } finally {
    await coppice.close();
  }
}

/** Null if no server answers: for facts that are useful but not worth failing for. */
export async function unlessUnreachable<Answer>(ask: () => Promise<Answer>): Promise<Answer | null> {
  try {
    return await ask();
  } catch (error) {
    if (failureType(error) === 'TemporalUnreachable') return null;
    throw error;
  }
}
