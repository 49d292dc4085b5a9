// The merge queue of one repository and branch, as a pure reducer: events in, state and actions out. The workflow
// performs the actions and feeds the results back.
//
//   waiting → building → in flight → landing → landed
//   building → returned (conflict), consent-missing, refused; or waiting, behind another's repair
//   building → landed (nothing had to be verified)
//   in flight → returned (red), refused; or waiting (something below it was taken out, or the target moved)
//   in flight → waiting (the target is red by itself)
//   in flight → suspect (not green once, next to a green branch) → waiting (green when repeated), returned or refused
//
// What is in flight is a line of candidates, each built on the one before (train.ts). Their verdicts come by key
// (verdicts.ts); what they mean is in bisect.ts; what to start next, in plan.ts and verifications.ts. Every job has a number, so that
// results of a job that was given up are recognised and ignored.

import type { BuildTrainResult } from '../../contracts/activities/landing.ts';
import { type QueueEvent, type QueueState, type Step, chain, unchanged } from './state.ts';
import { afterBuild, afterLanding } from './results.ts';
import { afterFailedBuild, afterFailedLanding } from './failed-jobs.ts';
import { askAgain } from './verifications.ts';
import { lookAtTarget, startWork } from './plan.ts';
import { enqueue, withdraw } from './arrivals.ts';
import { steer } from './steer.ts';
import { takeVerdict } from './verdicts.ts';
import { waitAgain, withTrain } from './moves.ts';

/** Takes one event. Starts nothing: see `startJobs`. */
export function stepQueue(state: QueueState, event: QueueEvent, at: string): Step {
  const { building, landing } = state;
  switch (event.type) {
    case 'message':
      return event.message.type === 'enqueue'
        ? enqueue(state, event.message.subject, at)
        : withdraw(state, event.message, at);
    case 'steer':
      return steer(state, event.request, at);
    case 'verdict':
      return unchanged(heard(state, event, at));
    case 'built':
      return building?.job === event.job
        ? afterBuild(state, building, event.result, at)
        : unchanged(withoutTrainOf(state, event.result));
    case 'landed':
      return landing?.job === event.job ? afterLanding(state, landing.count, event.result, at) : unchanged(state);
    case 'job-cancelled': {
      if (building?.job !== event.job) return unchanged(state);
      return waitAgain({ ...state, building: null }, building.entries, at, { landed: 'unknown' });
    }
    case 'job-failed':
      if (building?.job === event.job) return afterFailedBuild(state, building, event.message, at);
      return landing?.job === event.job ? afterFailedLanding(state, event.message, at) : unchanged(state);
    case 'tick':
      return chain(askAgain(state, at), (s) => lookAtTarget(s, at));
  }
}

/** Starts what there is room for. A queue that is about to continue-as-new does not call it. */
export function startJobs(state: QueueState, at: string): Step {
  return startWork(state, at);
}

/** A build that was given up has ended all the same: nothing needs its train. */
function withoutTrainOf(state: QueueState, result: BuildTrainResult): QueueState {
  if (result.status !== 'built') return state;
  const inUse = [state.suspect?.source, ...Object.values(state.line?.sources ?? {})];
  const isInUse = inUse.some((source) => source !== undefined && source.ref === result.source?.ref);
  return isInUse ? state : { ...state, drop: withTrain(state.drop, result.source) };
}

function heard(state: QueueState, { key, verdict }: Extract<QueueEvent, { type: 'verdict' }>, at: string): QueueState {
  const asked = state.verdicts.asked.find((each) => each.key === key);
  // Nobody waits for it any more: only green is worth knowing.
  if (asked === undefined && verdict.status !== 'green') return state;
  const verdicts = takeVerdict(state.verdicts, key, verdict, at);
  if (asked === undefined) return { ...state, verdicts };
  const seconds = Math.round((Date.parse(at) - Date.parse(asked.since)) / 1000);
  return { ...state, verdicts, pace: [...state.pace, seconds].slice(-timedVerifications) };
}

/** Verifications from which the expected time is estimated. */
const timedVerifications = 10;

/** How often lost messages are made good, while there is anything in the queue. */
export const tickSeconds = 120;

/** Whether a job is in flight that a continue-as-new would lose. Verifications are no jobs: they go on. */
export function hasJobs({ building, landing }: QueueState): boolean {
  return building !== null || landing !== null;
}
