// The state of one merge queue, and the events and actions of its reducer (step.ts). Data only.

import type {
  BuildTrainInput,
  BuildTrainResult,
  LandResult,
  LandTrainInput,
  QueueRules,
} from '../../contracts/activities/landing.ts';
import type { QueueMessage, RevertEnd, SteerRequest } from '../../contracts/messages/queue.ts';
import type { QueuePause } from '../../contracts/queue-view.ts';
import type { QueueOutcome } from '../../contracts/messages/unit.ts';
import type { RunContext } from '../../contracts/documents/plan.ts';
import type { RunId, Sha, UnitId } from '../../contracts/ids.ts';
import type { Subscription } from '../../contracts/messages/verification.ts';
import type { Verdict, VerificationSource } from '../../contracts/activities/verification.ts';
import type { Entry, EntryId } from './entry.ts';
import type { Candidate, Line } from './train.ts';
import type { Repair } from './repairs.ts';
import { type Verdicts, noVerdicts } from './verdicts.ts';
import { defaultConfig } from '../../contracts/documents/config.ts';

export interface QueueState {
  /** The queue's own workflow id. */
  readonly id: string;
  /** Of the runs that have entries. */
  readonly contexts: Readonly<Record<string, RunContext>>;
  /** In the order of arrival; what was in flight stands before. See `inOrder`. */
  readonly waiting: readonly Entry[];
  readonly building: Building | null;
  readonly line: Line | null;
  readonly suspect?: Suspect;
  readonly landing: Landing | null;
  readonly nextJob: number;
  readonly nextTrain: number;
  readonly nextOrder: number;
  /** How many entries the next train takes. */
  readonly batch: number;
  /** Of the branch tip that was built on last. */
  readonly rules: QueueRules;
  readonly verdicts: Verdicts;
  /** The tip after the last landing, and what is known of it. */
  readonly tip: { readonly commit: Sha; readonly base: Line['base'] } | null;
  readonly redBase: RedBase | null;
  readonly landed: number;
  readonly recent: readonly PastOutcome[];
  /** Conflicts that were returned and have not landed yet. */
  readonly repairs: readonly Repair[];
  readonly paused: QueuePause | null;
  readonly draining: Draining | null;
  /** What became of the last reverts, the newest last. */
  readonly reverts: readonly RevertEnd[];
  /** The last decisions in words, the newest last. */
  readonly decisions: readonly Decision[];
  /** Trains that nothing needs any more; their refs are deleted with the next build. */
  readonly drop: BuildTrainInput['drop'];
  /** Seconds that the last verifications took, the newest last. */
  readonly pace: readonly number[];
}

export interface Building {
  readonly job: number;
  readonly train: number;
  readonly entries: readonly Entry[];
  /** The candidate below; null = the branch's tip: if nothing has to be verified, this build lands. */
  readonly on: Sha | null;
  readonly since: string;
  /** The trains that it deletes. */
  readonly drop?: QueueState['drop'];
}

/** It was not green, with nothing below it but the branch, and is verified again. */
export interface Suspect {
  readonly candidate: Candidate;
  /** The tip of the branch on which it was built; it is green. */
  readonly target: Sha;
  readonly source: VerificationSource;
}

export interface Landing {
  readonly job: number;
  /** The first candidates of the line. */
  readonly count: number;
  readonly since: string;
}

export interface RedBase {
  readonly target: Sha;
  readonly command: string;
  readonly since: string;
}

export interface Draining {
  readonly by: string;
  readonly since: string;
  /** Entries that arrived from this one on are not taken. */
  readonly fromOrder: number;
}

export interface Decision {
  readonly at: string;
  readonly text: string;
}

export interface PastOutcome extends EntryId {
  /** Tells entries apart: a result that is enqueued again later (after a retry, say) is judged again. */
  readonly enqueuedAt: string;
  readonly outcome: QueueOutcome;
  /** If people had given it one. */
  readonly priority?: number;
}

export type QueueEvent =
  | { readonly type: 'message'; readonly message: QueueMessage }
  | { readonly type: 'steer'; readonly request: SteerRequest }
  | { readonly type: 'built'; readonly job: number; readonly result: BuildTrainResult }
  | { readonly type: 'landed'; readonly job: number; readonly result: LandResult }
  | { readonly type: 'verdict'; readonly key: string; readonly verdict: Verdict }
  /** A job that cannot succeed, for a named reason; nobody knows how far it came. */
  | { readonly type: 'job-failed'; readonly job: number; readonly message: string }
  /** A build that was given up; nobody knows how far it came. */
  | { readonly type: 'job-cancelled'; readonly job: number }
  /** Some time has passed: asks again for what has not answered. */
  | { readonly type: 'tick' };

export type QueueAction =
  | { readonly type: 'build'; readonly job: number; readonly input: BuildTrainInput }
  | { readonly type: 'land'; readonly job: number; readonly input: LandTrainInput }
  /** Asks for a verification; its verdict comes as an event. */
  | { readonly type: 'request'; readonly key: string; readonly subscription: Subscription }
  /** The verdict is no longer needed. */
  | { readonly type: 'release'; readonly key: string }
  | { readonly type: 'cancel'; readonly job: number }
  | { readonly type: 'tell'; readonly run: RunId; readonly unit: UnitId; readonly outcome: QueueOutcome };

export interface Step {
  readonly state: QueueState;
  readonly actions: readonly QueueAction[];
}

const { verify = 'tip', onRedBase = 'hold', parallel, batch, retries, timeoutSeconds } = defaultConfig.queue;
/** Size of the first train. */
const firstBatch = 4;

export function emptyQueue(id: string): QueueState {
  return {
    id,
    contexts: {},
    waiting: [],
    building: null,
    line: null,
    landing: null,
    nextJob: 1,
    nextTrain: 1,
    nextOrder: 1,
    batch: firstBatch,
    rules: { verify, onRedBase, parallel, batch, retries, timeoutSeconds },
    verdicts: noVerdicts,
    tip: null,
    redBase: null,
    landed: 0,
    recent: [],
    repairs: [],
    paused: null,
    draining: null,
    reverts: [],
    decisions: [],
    drop: [],
    pace: [],
  };
}

/** Decisions that are remembered. */
const rememberedDecisions = 50;

export function withDecision(state: QueueState, at: string, text: string): QueueState {
  return { ...state, decisions: [...state.decisions, { at, text: text.slice(0, 500) }].slice(-rememberedDecisions) };
}

export function chain(step: Step, next: (state: QueueState) => Step): Step {
  const then = next(step.state);
  return { state: then.state, actions: [...step.actions, ...then.actions] };
}

export function unchanged(state: QueueState): Step {
  return { state, actions: [] };
}

/** Who has paused a queue that has paused by itself. */
export const itself = 'Coppice';

/** Whether anything is in the queue. */
export function isEmpty({ waiting, building, line, suspect }: QueueState): boolean {
  return waiting.length === 0 && building === null && line === null && suspect === undefined;
}
