// A unit's last stage, trains and landings, as activities over this host's git.
// Safe to run twice: candidates have fixed dates and so the same ids, and landing is a compare-and-swap that counts a
// candidate that is already there as landed.

import { Context } from '@temporalio/activity';
import type { LandingActivities, MemberResult } from '../../contracts/activities/landing.ts';
import type { LandingHost } from './verify/verify-host.ts';
import type { Sha } from '../../contracts/ids.ts';
import { tellLanded } from '../board/tell-landed.ts';
import { verificationsOn } from './verify/verification-key.ts';
import { withBoundedTries } from '../host/bounded-tries.ts';

export function makeLandingActivities(host: LandingHost): LandingActivities {
  const { git, hostId } = host;
  return {
    buildTrain: (input) =>
      withBoundedTries(hostId, async (say) => {
        const repositories = await Promise.all(input.contexts.map((context) => git.open(context)));
        const [first] = repositories;
        if (first === undefined) throw new Error('a train without a run');
        const result = await first.buildTrain(input, {
          verificationsOn: (rules) => verificationsOn(host, rules),
          repositories,
          say,
          signal: Context.current().cancellationSignal,
        });
        const tip = result.status === 'landed' ? lastCommit(result.members) : null;
        if (result.status === 'landed' && tip !== null) {
          tellLanded(host, first, { contexts: input.contexts, from: result.target, to: tip });
        }
        return result;
      }),

    landTrain: (input) =>
      withBoundedTries(hostId, async (say) => {
        say('landing');
        const { context, others = [], target: from, commit: to } = input;
        const repository = await git.open(context);
        const result = await repository.landTrain(input);
        if (result.status === 'landed') tellLanded(host, repository, { contexts: [context, ...others], from, to });
        return result;
      }),
  };
}

function lastCommit(members: readonly MemberResult[]): Sha | null {
  return members.findLast((member) => member.status === 'stacked')?.commit ?? null;
}
