// A unit's last stage, trains and landings, as activities over this host's git.
// Safe to run twice: candidates have fixed dates and so the same ids, and landing is a compare-and-swap that counts a
// candidate that is already there as landed.

import { Context } from '@temporalio/activity';
import type { LandingActivities } from '../../contracts/activities/landing.ts';
import type { VerifyHost } from './verify/verify-host.ts';
import { verificationsOn } from './verify/verification-key.ts';
import { withBoundedTries } from '../host/bounded-tries.ts';

export function makeLandingActivities(host: VerifyHost): LandingActivities {
  const { git, hostId } = host;
  return {
    buildTrain: (input) =>
      withBoundedTries(hostId, async (say) => {
        const repositories = await Promise.all(input.contexts.map((context) => git.open(context)));
        const [first] = repositories;
        if (first === undefined) throw new Error('a train without a run');
        return first.buildTrain(input, {
          verificationsOn: (rules) => verificationsOn(host, rules),
          repositories,
          say,
          signal: Context.current().cancellationSignal,
        });
      }),

    landTrain: (input) =>
      withBoundedTries(hostId, async (say) => {
        say('landing');
        return (await git.open(input.context)).landTrain(input);
      }),
  };
}
