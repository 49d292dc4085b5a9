// Every activity that workflows call, in one table: where it runs, how long it may take and how it is retried. The
// catalogue (contracts/failures.ts) names the failures that retrying cannot help.

import type { LandingActivities } from '../contracts/activities/landing.ts';
import type { PeopleActivities } from '../contracts/activities/people.ts';
import type { PlanningActivities } from '../contracts/activities/planning.ts';
import type { ReportActivities } from '../contracts/activities/reports.ts';
import type { VerificationActivities } from '../contracts/activities/verification.ts';
import type { TrialActivities } from '../contracts/activities/trial.ts';
import type { ConflictActivities } from '../contracts/activities/conflict.ts';
import type { ControlActivities } from '../contracts/activities/control.ts';
import type { AgentActivities } from '../contracts/activities/agent.ts';
import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import { nonRetryableTypes } from '../contracts/failures.ts';
import { taskQueues } from '../contracts/task-queues.ts';

const retry = {
  initialInterval: '1s',
  maximumInterval: '1m',
  nonRetryableErrorTypes: nonRetryableTypes,
} as const;

/** A slice stays on its host until it must leave; a dead host is noticed by its missing heartbeats. */
export const { runSlice } = proxyActivities<AgentActivities>({
  taskQueue: taskQueues.agents,
  startToCloseTimeout: '24h',
  heartbeatTimeout: '30s',
  // Waits until a cancelled session is killed, so that its last checkpoint is kept.
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry,
});

/** Verification enforces its own time limit; this one only bounds a host that heartbeats for ever. */
export const { makeUnits, tryTarget, verifyTree } = proxyActivities<
  VerificationActivities & TrialActivities & Pick<PlanningActivities, 'makeUnits'>
>({
  taskQueue: taskQueues.verify,
  startToCloseTimeout: '12h',
  // Includes all retries: what no host can handle must not stop a queue for ever.
  scheduleToCloseTimeout: '7d',
  heartbeatTimeout: '30s',
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry,
});

/**
 * Git work, and commands that make files again (each at most five minutes): what they have made outlives an attempt. Retried
 * for a week while the remote is unreachable.
 */
export const { buildTrain, landTrain } = proxyActivities<LandingActivities>({
  taskQueue: taskQueues.landing,
  startToCloseTimeout: '10m',
  scheduleToCloseTimeout: '7d',
  heartbeatTimeout: '30s',
  // A build may land: whoever cancels it has to hear how far it came.
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry,
});

/** The same for what people do about a conflict. */
export const { prepareBrief, takeResolution } = proxyActivities<ConflictActivities>({
  taskQueue: taskQueues.landing,
  startToCloseTimeout: '10m',
  scheduleToCloseTimeout: '7d',
  heartbeatTimeout: '30s',
  retry,
});

/** The same for a run's records and report, which are retried for as long as it takes. */
export const { saveRecords, writeReport } = proxyActivities<ReportActivities>({
  taskQueue: taskQueues.landing,
  startToCloseTimeout: '10m',
  heartbeatTimeout: '30s',
  retry,
});

/** The same for a run's plan. */
export const { comparePlans, openPlan } = proxyActivities<Omit<PlanningActivities, 'makeUnits'>>({
  taskQueue: taskQueues.landing,
  startToCloseTimeout: '10m',
  heartbeatTimeout: '30s',
  retry,
});

/** Messages to other workflows. */
export const { tellQueue, requestVerification, cancelVerification, findEndedUnits } =
  proxyActivities<ControlActivities>({
    taskQueue: taskQueues.workflows,
    startToCloseTimeout: '30s',
    retry,
  });

/** Messages to people; the decision never waits for them. Posting a card is retried as long as its approval is open. */
export const { postCard } = proxyActivities<PeopleActivities>({
  taskQueue: taskQueues.workflows,
  startToCloseTimeout: '30s',
  retry,
});

export const { checkProof } = proxyActivities<PeopleActivities>({
  taskQueue: taskQueues.workflows,
  startToCloseTimeout: '10s',
  retry,
});

/** Too late, these are of no use to anyone. */
export const { settleCard, replyPrivately, remindPeople } = proxyActivities<PeopleActivities>({
  taskQueue: taskQueues.workflows,
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '1h',
  retry: { ...retry, maximumAttempts: 60 },
});

/** A run that ends or continues as new does not wait for them. */
export const { tellPeople } = proxyActivities<PeopleActivities>({
  taskQueue: taskQueues.workflows,
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '1h',
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: { ...retry, maximumAttempts: 60 },
});

/** A board looks again later. */
export const { lookAtRun } = proxyActivities<ControlActivities>({
  taskQueue: taskQueues.workflows,
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '10m',
  retry,
});

/** Of use only now. */
export const { findFullHosts } = proxyActivities<ControlActivities>({
  taskQueue: taskQueues.workflows,
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '2m',
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry,
});
