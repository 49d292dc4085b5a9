// A host whose verdict would not count gives a verification back, so that one of the right class takes it. Those may all be
// busy, so it is patient; when it has been given back for hours, there is no such host.

import { failure } from '../../../contracts/failures.ts';

/** Quick at first, when another host is likely to be free. */
const quickTries = 60;
const quickMs = 5_000;
const slowMs = 60_000;
const mostTries = 240;

/** `attempt`: from 1, as Temporal counts them. Three hours until the end, if each attempt is handed back. */
export function handBack(attempt: number): Error {
  if (attempt > mostTries) {
    return failure('NoSuchHost', `${attempt} attempts met no host with the platform and the policy that it needs`);
  }
  return failure('OtherHost', 'the verification needs a host with another platform or another policy', {
    nextRetryDelayMs: attempt <= quickTries ? quickMs : slowMs,
  });
}
