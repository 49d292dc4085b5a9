// The least that can be decided: a workflow that waits for a signal, and ends.

import { condition, setHandler } from '@temporalio/workflow';
import { signal } from '../../contracts/define.ts';

export const goSignal = signal('go');

export async function trivialWorkflow(): Promise<string> {
  let gone = false;
  setHandler(goSignal, () => {
    gone = true;
  });
  await condition(() => gone);
  return 'gone';
}
