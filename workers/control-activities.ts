// The orchestrator's activities: words to queues, units and people. They need Temporal and Slack, no disk.

import { readFileSync } from 'node:fs';
import type { Client } from '@temporalio/client';
import type { ControlActivities } from '../domain/activity-contracts.ts';
import { makeFindEndedUnits } from '../activities/messages/find-ended-units.ts';
import { makeNotifier } from '../activities/notify/slack-notifier.ts';
import { makeTellQueue } from '../activities/messages/tell-queue.ts';
import { slackEnvironment } from '../domain/environment.ts';
import type { WorkerSettings } from './worker.ts';

export function controlActivities(client: Client, { env }: WorkerSettings): ControlActivities {
  const slack = slackEnvironment(env, (path) => readFileSync(path, 'utf8'));
  return {
    tellQueue: makeTellQueue(client),
    findEndedUnits: makeFindEndedUnits(client),
    ...makeNotifier({ token: slack?.botToken ?? null, apiUrl: slack?.apiUrl ?? null }),
  };
}
