// What a run workflow's memo says, so that lists and reports work without a worker and after the workflow has closed.
// Written when the run starts; `progress` is kept current by the run workflow.

import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Plan } from '../../contracts/documents/plan.ts';

const runMemo = z.object({
  repository: z.string(),
  branch: z.string(),
  stateRemote: z.string(),
  startedBy: z.string(),
  goal: z.string(),
  /** When `start` was called; a workflow that continues as a new execution has a later start time of its own. */
  startedAt: z.iso.datetime().optional().catch(undefined),
  /** Tells whether two runs have the same plan; runs from before it have none. */
  planHash: z.string().optional().catch(undefined),
  /** The run may begin although its target is red; also when it is opened again. */
  allowRedBase: z.boolean().optional().catch(undefined),
  progress: z
    .object({ total: z.number(), landed: z.number(), failed: z.number(), costUsd: z.number() })
    .optional()
    // A list must not lose a run because of this part.
    .catch(undefined),
});

export type RunMemo = z.infer<typeof runMemo>;

/** A hash of a plan with its defaults filled in: the same plan in another file or format has the same hash. */
export function planHash(plan: Plan): string {
  return createHash('sha256').update(JSON.stringify(plan)).digest('hex');
}

/** Null for a workflow that is not one of ours. */
export function readRunMemo(memo: Record<string, unknown> | undefined): RunMemo | null {
  const parsed = runMemo.safeParse(memo);
  return parsed.success ? parsed.data : null;
}
