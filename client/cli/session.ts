// What commands that talk to Temporal share: connect, do one thing, close, whatever happens.

import { Coppice } from '../api.ts';

export async function withCoppice<Result>(use: (coppice: Coppice) => Promise<Result>): Promise<Result> {
  const coppice = await Coppice.connect();
  try {
    return await use(coppice);
  } finally {
    await coppice.close();
  }
}
