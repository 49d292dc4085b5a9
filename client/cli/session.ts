// What commands that talk to Temporal share: connect, do one thing, close, whatever happens.

import { Coppice } from '../api.ts';
import { failureType } from '../../contracts/failures.ts';

export async function withCoppice<Result>(use: (coppice: Coppice) => Promise<Result>): Promise<Result> {
  const coppice = await Coppice.connect();
  try {
    return await use(coppice);
  } finally {
    await coppice.close();
  }
}

/** Null when no server answers: for facts that are useful but not worth failing for. */
export async function unlessUnreachable<Answer>(ask: () => Promise<Answer>): Promise<Answer | null> {
  try {
    return await ask();
  } catch (error) {
    if (failureType(error) === 'TemporalUnreachable') return null;
    throw error;
  }
}
