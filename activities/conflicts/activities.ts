// What people do about a conflict that an agent cannot resolve, as activities over this host's git. Safe to run twice:
// see the two files.

import type { ConflictActivities } from '../../contracts/activities/conflict.ts';
import type { GitHost } from '../repository/contract.ts';
import { judgeAsking } from '../../formats/policy/judge-asking.ts';
import { takeResolution } from './take-resolution.ts';
import { withBoundedTries } from '../host/bounded-tries.ts';

export function makeConflictActivities(git: GitHost, hostId: string): ConflictActivities {
  return {
    prepareBrief: (request) =>
      withBoundedTries(hostId, async (say) => {
        say('preparing a brief');
        const repository = await git.open(request.context);
        const { config } = await repository.readPlan(request.context);
        const verdict = judgeAsking(config, 'conflict');
        return { verdict, brief: verdict.decide === 'ask' ? await repository.writeBrief(request) : null };
      }),

    takeResolution: (request) =>
      withBoundedTries(hostId, async (say) => {
        say('judging a resolution');
        return takeResolution(await git.open(request.context), request, hostId);
      }),
  };
}
