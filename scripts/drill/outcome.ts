// What became of something that people ask for in a drill.

import { explainFailure } from '../../client/api.ts';

/** `unanswered` = no worker or no server answered. */
export async function outcomeOf(action: Promise<unknown>): Promise<'done' | 'refused' | 'unanswered'> {
  try {
    await action;
    return 'done';
  } catch (error) {
    const failed = explainFailure(error);
    if (failed === null) throw error;
    return failed.type === 'Refused' || failed.type === 'NotFound' ? 'refused' : 'unanswered';
  }
}
