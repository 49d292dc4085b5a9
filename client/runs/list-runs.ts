// All runs that the server remembers, as `coppice list` shows them: from visibility and memos only, without asking a
// worker or the state remote.

import type { Client } from '@temporalio/client';
import type { FoundRun } from './find-run.ts';
import type { RunSummary } from '../watch/status.ts';
import { listRuns } from './find-run.ts';

/** Newest first. */
export async function listedRuns(client: Client): Promise<RunSummary[]> {
  const runs = await listRuns(client);
  // Visibility has its own order: open runs first, then by their end.
  return runs.toSorted((a, b) => b.startedAt.getTime() - a.startedAt.getTime()).map(summaryOf);
}

function summaryOf({ run, status, memo, startedAt, endedAt }: FoundRun): RunSummary {
  const { repository, branch, goal, startedBy, progress } = memo;
  return {
    run,
    // Before it has a plan, a run has no units.
    status: status === 'running' && progress?.total === 0 ? 'planning' : status,
    repository,
    branch,
    goal,
    startedBy,
    startedAt: startedAt.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
    units: progress === undefined ? null : { total: progress.total, landed: progress.landed, failed: progress.failed },
    costUsd: progress?.costUsd ?? null,
  };
}
