// A unit's last stage, candidates and landings, as activities over this host's git.
// Safe to run twice: candidates have fixed dates and so the same ids, and landing is a compare-and-swap that counts a
// candidate that is already there as landed.

import { Context } from '@temporalio/activity';
import type { LandingActivities } from '../../contracts/activities/landing.ts';
import type { GitHost } from '../repository/contract.ts';
import { withBoundedTries } from '../host/bounded-tries.ts';

export function makeLandingActivities(git: GitHost, hostId: string): Omit<LandingActivities, 'verifyCandidate'> {
  return {
    buildCandidate: (subject) =>
      withBoundedTries(hostId, async (say) => {
        say('building');
        const { cancellationSignal: signal } = Context.current();
        return (await git.open(subject.context)).buildCandidate(subject, { signal, onStart: say });
      }),

    landCandidate: ({ subject, target, candidate }) =>
      withBoundedTries(hostId, async (say) => {
        say('landing');
        const { context } = subject;
        const repository = await git.open(context);
        await repository.fetchCandidate(subject, candidate);
        return repository.land({ branch: context.branch, target, candidate });
      }),
  };
}
