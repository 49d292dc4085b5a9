// The orchestrator's activities: messages to queues, units and people. They need Temporal and Slack, no disk.

import type { Client } from '@temporalio/client';
import type { WorkerSettings } from './settings.ts';
import type { ControlActivities } from '../contracts/activities/control.ts';
import type { PeopleActivities } from '../contracts/activities/people.ts';
import { givenWebUi } from '../domain/web-ui.ts';
import { makeFindEndedUnits } from '../activities/control/find-ended-units.ts';
import { makeLookAtRun } from '../activities/control/look-at-run.ts';
import { makeFindFullHosts } from '../activities/control/find-full-hosts.ts';
import { makePeopleActivities } from '../activities/people/activities.ts';
import { tokenSecret } from '../people/proof.ts';
import { openChannels } from '../people/media.ts';
import { makeCancelVerification } from '../activities/control/cancel-verification.ts';
import { makeRequestVerification } from '../activities/control/request-verification.ts';
import { makeTellQueue } from '../activities/control/tell-queue.ts';

export function controlActivities(client: Client, { env }: WorkerSettings): ControlActivities & PeopleActivities {
  const address = givenWebUi(env);
  const webUi = address === null ? null : { address, namespace: client.options.namespace };
  return {
    tellQueue: makeTellQueue(client),
    requestVerification: makeRequestVerification(client),
    cancelVerification: makeCancelVerification(client),
    findEndedUnits: makeFindEndedUnits(client),
    lookAtRun: makeLookAtRun(client),
    findFullHosts: makeFindFullHosts(client),
    ...makePeopleActivities(openChannels(env, { webUi }), tokenSecret(env)),
  };
}
