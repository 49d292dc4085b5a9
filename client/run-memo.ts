// What a run workflow's memo says, so that lists and reports work without a worker and after the workflow has closed.

import { z } from 'zod';

const runMemo = z.object({
  repository: z.string(),
  branch: z.string(),
  stateRemote: z.string(),
  startedBy: z.string(),
  goal: z.string(),
});

export type RunMemo = z.infer<typeof runMemo>;

/** Null for a workflow that is not one of ours. */
export function readRunMemo(memo: Record<string, unknown> | undefined): RunMemo | null {
  const parsed = runMemo.safeParse(memo);
  return parsed.success ? parsed.data : null;
}
