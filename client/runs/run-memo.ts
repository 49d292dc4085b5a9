// The contents of a run workflow's memo, so that lists and reports work without a worker and after the workflow has
// closed. Written when the run starts; the run workflow keeps `progress` current.

import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Plan } from '../../contracts/documents/plan.ts';

const runMemo = z.object({
  repository: z.string(),
  branch: z.string(),
  stateRemote: z.string(),
  startedBy: z.string(),
  goal: z.string(),
  /** When `start` was called; a workflow that continues as new gets a later start time. */
  startedAt: z.iso.datetime().optional().catch(undefined),
  /** Equal for two runs with the same plan; absent in older runs. */
  planHash: z.string().optional().catch(undefined),
  /** The run may begin although its target is red, even after it is reopened. */
  allowRedBase: z.boolean().optional().catch(undefined),
  /** Who may see and steer it from Slack; absent in older runs. */
  slack: z
    .object({ channel: z.string().nullable(), people: z.array(z.string()), requester: z.array(z.string()) })
    .optional()
    .catch(undefined),
  progress: z
    .object({ total: z.number(), landed: z.number(), failed: z.number(), costUsd: z.number() })
    .optional()
    // A list must not lose a run because of this part.
    .catch(undefined),
});

export type RunMemo = z.infer<typeof runMemo>;

/**
 * A hash of a plan with its defaults filled in: the same plan has the same hash in any file or format. `planFiles`: of a plan
 * whose units are still to be made.
 */
export function planHash({
  plan,
  planFiles,
}: {
  readonly plan: Plan;
  readonly planFiles?: Readonly<Record<string, string>>;
}): string {
  return createHash('sha256')
    .update(JSON.stringify(planFiles === undefined ? plan : [plan, planFiles]))
    .digest('hex');
}

/** Null for a workflow that is not one of ours. */
export function readRunMemo(memo: Record<string, unknown> | undefined): RunMemo | null {
  const parsed = runMemo.safeParse(memo);
  return parsed.success ? parsed.data : null;
}
