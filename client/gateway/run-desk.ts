// What the gateway can say and do about runs: lists from the server's visibility, and the same updates as the command line's.

import type { Client } from '@temporalio/client';
import type { DeskRun, RunDesk } from '../../people/medium.ts';
import type { UnitId } from '../../contracts/ids.ts';
import { type FoundRun, findRun, listRuns } from '../runs/find-run.ts';
import { listApprovals } from '../act/decisions.ts';
import { pauseRun, resumeRun, sendMessage } from '../act/steer-run.ts';

export function makeRunDesk(client: Client): RunDesk {
  const find = (text: string): Promise<FoundRun> => findRun(client, text, { latestOf: null });
  return {
    approvals: () => listApprovals(client, null),
    async runs() {
      const runs = await listRuns(client);
      return runs.toSorted((a, b) => b.startedAt.getTime() - a.startedAt.getTime()).map(deskRunOf);
    },
    find: async (text) => deskRunOf(await find(text)),
    pause: async (run, unit, by) => pauseRun({ client, found: await find(run), unit: unit as UnitId | null }, by),
    resume: async (run, unit) => resumeRun({ client, found: await find(run), unit: unit as UnitId | null }),
    message: async (run, unit, words) => sendMessage({ client, found: await find(run), unit: unit as UnitId }, words),
  };
}

function deskRunOf({ run, status, open, startedAt, memo }: FoundRun): DeskRun {
  const { repository, branch, goal, startedBy, progress = null, slack = null } = memo;
  return {
    run,
    status,
    open,
    repository,
    branch,
    goal,
    startedBy,
    startedAt: startedAt.toISOString(),
    progress,
    access: slack,
  };
}
