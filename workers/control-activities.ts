// The orchestrator's activities: words to queues, units and people. They need Temporal and Slack, no disk.

import { readFileSync } from 'node:fs';
import type { Client } from '@temporalio/client';
import type { WorkerSettings } from './settings.ts';
import type { ControlActivities } from '../contracts/activities/control.ts';
import type { PeopleActivities } from '../contracts/activities/people.ts';
import { makeFindEndedUnits } from '../activities/control/find-ended-units.ts';
import { makePeopleActivities } from '../activities/people/activities.ts';
import { slackChannel } from '../people/slack/post.ts';
import { makeTellQueue } from '../activities/control/tell-queue.ts';
import { slackEnvironment } from '../domain/environment.ts';

export function controlActivities(client: Client, { env }: WorkerSettings): ControlActivities & PeopleActivities {
  const slack = slackEnvironment(env, (path) => readFileSync(path, 'utf8'));
  return {
    tellQueue: makeTellQueue(client),
    findEndedUnits: makeFindEndedUnits(client),
    ...makePeopleActivities(slack === null ? {} : { slack: slackChannel(slack) }),
  };
}
