// The merge queue of one repository and branch, as a pure reducer: events in, state and actions out. The workflow
// performs the actions and feeds the results back.
//
//   waiting → building → verifying → landing → landed
//   building → returned (conflict)             landing → building (the target moved: built again on the new tip)
//   verifying → returned (red)                 landing → refused (the remote said no)
//   building → consent-missing | refused         (what would land is not what people agreed to, or policy denies it)
//   verifying → not-verified (its setup needs the network, which policy does not give it)
//
// One entry is in flight at a time for now (`depth`); every stage is a numbered job, so that results of a job that was
// given up (withdrawn, replaced) are recognised and ignored. First come, first served.

import type { QueueOutcome } from '../../contracts/messages/unit.ts';
import type { QueueMessage } from '../../contracts/messages/queue.ts';
import type { Feedback } from '../../contracts/activities/agent.ts';
import type {
  BuildResult,
  Candidate,
  LandingSubject,
  LandResult,
  VerifyResult,
} from '../../contracts/activities/landing.ts';
import type { RunId, Sha, UnitId } from '../../contracts/ids.ts';
import { conflictsOf } from './conflicts.ts';
import { type Repair, isFresh, isOf as isRepairOf, repairOf, repairSeconds, without } from './repairs.ts';
import { reason } from '../../contracts/failures.ts';

/** How many entries are in flight at once; a merge train would have more. */
const depth = 1;
/** Number of remembered outcomes: a message that is delivered again gets the same answer. */
const rememberedOutcomes = 100;

export type Stage =
  | { readonly name: 'waiting' }
  | { readonly name: 'building'; readonly job: number }
  | { readonly name: 'verifying'; readonly job: number; readonly candidate: Candidate }
  | { readonly name: 'landing'; readonly job: number };

export interface QueueEntry {
  readonly subject: LandingSubject;
  readonly stage: Stage;
  /** When the stage began, ISO 8601. */
  readonly since: string;
  /** The entry conflicts with a repair that this unit is making, and waits for it. */
  readonly behind?: Pick<Repair, 'run' | 'unit'>;
}

export interface QueueState {
  readonly entries: readonly QueueEntry[];
  readonly nextJob: number;
  readonly landed: number;
  readonly recent: readonly {
    readonly run: RunId;
    readonly unit: UnitId;
    /** Tells entries apart: a result that is enqueued again later (after a retry, say) is judged again. */
    readonly enqueuedAt: string;
    readonly outcome: QueueOutcome;
  }[];
  /** Conflicts that were returned and have not landed yet. Absent in queues of earlier releases. */
  readonly repairs?: readonly Repair[];
}

export type QueueEvent =
  | { readonly type: 'message'; readonly message: QueueMessage }
  | { readonly type: 'built'; readonly job: number; readonly result: BuildResult }
  | { readonly type: 'verified'; readonly job: number; readonly result: VerifyResult }
  | { readonly type: 'landed'; readonly job: number; readonly result: LandResult }
  /** A stage that cannot succeed, for a named reason. */
  | { readonly type: 'job-failed'; readonly job: number; readonly message: string };

export type QueueAction =
  | { readonly type: 'build'; readonly job: number; readonly subject: LandingSubject }
  | { readonly type: 'verify'; readonly job: number; readonly candidate: Candidate }
  | { readonly type: 'land'; readonly job: number; readonly candidate: Candidate }
  /** The result of this job is no longer needed. */
  | { readonly type: 'abandon'; readonly job: number }
  | {
      readonly type: 'tell';
      readonly run: RunId;
      readonly unit: UnitId;
      readonly outcome: QueueOutcome;
    };

interface Step {
  readonly state: QueueState;
  readonly actions: readonly QueueAction[];
}

export const emptyQueue: QueueState = { entries: [], nextJob: 1, landed: 0, recent: [] };

/** Takes one event. Starts nothing: see `startJobs`, which a queue that is about to continue-as-new does not call. */
export function stepQueue(state: QueueState, event: QueueEvent, at: string): Step {
  if (event.type === 'message') {
    return event.message.type === 'enqueue'
      ? enqueue(state, event.message.subject, at)
      : withdraw(state, event.message);
  }
  const entry = state.entries.find(({ stage }) => stage.name !== 'waiting' && stage.job === event.job);
  if (entry === undefined) return { state, actions: [] };
  switch (event.type) {
    case 'built':
      return afterBuild(state, entry, event.result, at);
    case 'verified':
      return afterVerify(state, entry, event.result, at);
    case 'landed':
      return afterLand(state, entry, event.result, at);
    case 'job-failed':
      return answer(state, entry, { status: 'refused', reason: reason('error', event.message.slice(0, 2000)) });
  }
}

/** Starts as many waiting entries as there is room for. */
export function startJobs(state: QueueState, at: string): Step {
  const inFlight = state.entries.filter(({ stage }) => stage.name !== 'waiting').length;
  const starting = state.entries
    .filter((entry) => entry.stage.name === 'waiting' && !isHeld(state, entry, at))
    .slice(0, Math.max(0, depth - inFlight));
  return starting.reduce<Step>((step, entry) => merge(step, build(step.state, entry, at)), {
    state,
    actions: [],
  });
}

function isHeld({ repairs = [] }: QueueState, { behind }: QueueEntry, at: string): boolean {
  return behind !== undefined && repairs.some((repair) => isRepairOf(repair, behind) && isFresh(repair, at));
}

/** Milliseconds until the first wait for a repair times out; null = no entry waits for one. */
export function nextWake(state: QueueState, at: string): number | null {
  const { entries, repairs = [] } = state;
  const held = repairs.filter((repair) =>
    entries.some(({ behind }) => behind !== undefined && isRepairOf(repair, behind) && isFresh(repair, at)),
  );
  if (held.length === 0) return null;
  return Math.min(...held.map(({ since }) => Date.parse(since) + repairSeconds * 1000 - Date.parse(at)));
}

export function hasJobs(state: QueueState): boolean {
  return state.entries.some(({ stage }) => stage.name !== 'waiting');
}

function enqueue(state: QueueState, subject: LandingSubject, at: string): Step {
  const known = recall(
    state,
    subject,
    (past) => past.outcome.result === subject.result && past.enqueuedAt === subject.enqueuedAt,
  );
  if (known !== undefined) return known;
  const present = state.entries.filter((each) => isOf(each, subject.context.run, subject.unit));
  if (present.some((each) => each.subject.result === subject.result)) return { state, actions: [] };
  const entry: QueueEntry = { subject, stage: { name: 'waiting' }, since: at };
  // A landing in flight cannot be taken back; its outcome names the older result, and the unit ignores it.
  const replaced = present.find(({ stage }) => stage.name !== 'landing');
  return {
    state: renewRepair(
      {
        ...state,
        entries: inTurn(
          state.entries.filter((other) => other !== replaced),
          entry,
        ),
      },
      { run: subject.context.run, unit: subject.unit },
      at,
    ),
    actions: replaced === undefined ? [] : abandonJob(replaced),
  };
}

/** Repaired results go first, in the order in which they came back: for them the target has moved least. */
function inTurn(entries: readonly QueueEntry[], entry: QueueEntry): readonly QueueEntry[] {
  if (!wasReturned(entry)) return [...entries, entry];
  const next = entries.findIndex((other) => other.stage.name === 'waiting' && !wasReturned(other));
  return next === -1 ? [...entries, entry] : entries.toSpliced(next, 0, entry);
}

function wasReturned({ subject }: QueueEntry): boolean {
  return subject.returned > 0;
}

function renewRepair(state: QueueState, own: Pick<Repair, 'run' | 'unit'>, at: string): QueueState {
  const { repairs } = state;
  if (repairs === undefined) return state;
  return { ...state, repairs: repairs.map((each) => (isRepairOf(each, own) ? { ...each, since: at } : each)) };
}

function endRepair(state: QueueState, own: Pick<Repair, 'run' | 'unit'>): QueueState {
  return state.repairs === undefined ? state : { ...state, repairs: without(state.repairs, own) };
}

function withdraw(state: QueueState, { run, unit, result }: Extract<QueueMessage, { type: 'withdraw' }>): Step {
  const entry = find(state, run, unit);
  if (entry === undefined) {
    const freed = endRepair(state, { run, unit });
    const known = recall(freed, { context: { run }, unit }, (past) => past.outcome.result === result);
    if (known !== undefined) return known;
    return {
      state: freed,
      actions: [{ type: 'tell', run, unit, outcome: { result, status: 'withdrawn' } }],
    };
  }
  // A landing in progress cannot be withdrawn; its own outcome answers the unit.
  if (entry.stage.name === 'landing') return { state, actions: [] };
  const step = answer(state, entry, { status: 'withdrawn' });
  return { ...step, actions: [...abandonJob(entry), ...step.actions] };
}

/** A message about an entry that was already answered gets the same answer again. */
function recall(
  state: QueueState,
  { context: { run }, unit }: { readonly context: { readonly run: RunId }; readonly unit: UnitId },
  isIt: (past: QueueState['recent'][number]) => boolean,
): Step | undefined {
  const known = state.recent.findLast((past) => past.run === run && past.unit === unit && isIt(past));
  return known && { state, actions: [{ type: 'tell', run, unit, outcome: known.outcome }] };
}

function abandonJob({ stage }: QueueEntry): QueueAction[] {
  return stage.name === 'waiting' ? [] : [{ type: 'abandon', job: stage.job }];
}

function build(state: QueueState, entry: QueueEntry, at: string): Step {
  const job = state.nextJob;
  return {
    state: {
      ...replace(state, entry, { ...entry, stage: { name: 'building', job }, since: at }),
      nextJob: job + 1,
    },
    actions: [{ type: 'build', job, subject: entry.subject }],
  };
}

function afterBuild(state: QueueState, entry: QueueEntry, result: BuildResult, at: string): Step {
  switch (result.status) {
    case 'built': {
      const candidate = {
        subject: entry.subject,
        target: result.target,
        candidate: result.candidate,
      };
      const job = state.nextJob;
      const stage: Stage = { name: 'verifying', job, candidate };
      return {
        state: { ...replace(state, entry, { ...entry, stage, since: at }), nextJob: job + 1 },
        actions: [{ type: 'verify', job, candidate }],
      };
    }
    case 'already-landed':
      return answer(state, entry, { status: 'landed', commit: result.commit });
    case 'conflict':
      return afterConflict(state, entry, result, at);
    case 'consent-missing':
      return answer(state, entry, result);
    case 'denied':
      return answer(state, entry, {
        status: 'refused',
        reason: reason('denied', `policy of the target does not allow it (${result.rule})`),
      });
  }
}

function afterConflict(
  state: QueueState,
  entry: QueueEntry,
  result: Extract<BuildResult, { status: 'conflict' }>,
  at: string,
): Step {
  const own = { run: entry.subject.context.run, unit: entry.subject.unit };
  const { repairs = [] } = state;
  const feedback = conflictFeedback(entry, result);
  const conflicts = conflictsOf(result);
  const first = repairOf(repairs, own, conflicts, at);
  if (first !== undefined) {
    const behind = { run: first.run, unit: first.unit };
    return { state: replace(state, entry, { ...entry, stage: { name: 'waiting' }, since: at, behind }), actions: [] };
  }
  const step = answer(state, entry, { status: 'returned', feedback });
  const repair = { ...own, paths: conflicts.map(({ path }) => path), since: at };
  return {
    ...step,
    state: { ...step.state, repairs: [...without(repairs, own).filter((each) => isFresh(each, at)), repair] },
  };
}

function conflictFeedback({ subject }: QueueEntry, met: Extract<BuildResult, { status: 'conflict' }>): Feedback {
  const { target, paths, conflicts } = met;
  const { result } = subject;
  return { kind: 'conflict', onto: target, result, paths, ...(conflicts === undefined ? {} : { conflicts }) };
}

function afterVerify(state: QueueState, entry: QueueEntry, result: VerifyResult, at: string): Step {
  if (entry.stage.name !== 'verifying') return { state, actions: [] };
  const { candidate } = entry.stage;
  switch (result.status) {
    case 'green': {
      const job = state.nextJob;
      const stage: Stage = { name: 'landing', job };
      return {
        state: { ...replace(state, entry, { ...entry, stage, since: at }), nextJob: job + 1 },
        actions: [{ type: 'land', job, candidate }],
      };
    }
    case 'red':
    case 'timed-out': {
      const output = result.status === 'red' ? result.output : `${result.output}\n(timed out)`;
      const feedback = {
        kind: 'verification',
        onto: candidate.target,
        result: entry.subject.result,
        command: result.command,
        output,
        ...(result.locks === undefined ? {} : { locks: result.locks }),
      } as const;
      return answer(state, entry, { status: 'returned', feedback });
    }
    case 'not-verified': {
      const { output, egress } = result;
      return answer(state, entry, { status: 'not-verified', output, ...(egress === undefined ? {} : { egress }) });
    }
  }
}

function afterLand(state: QueueState, entry: QueueEntry, result: LandResult, at: string): Step {
  switch (result.status) {
    case 'landed': {
      const step = answer(state, entry, result);
      return { ...step, state: { ...step.state, landed: step.state.landed + 1 } };
    }
    case 'moved':
      return isSuperseded(state, entry) ? answer(state, entry, { status: 'withdrawn' }) : build(state, entry, at);
    case 'refused':
      return answer(state, entry, {
        status: 'refused',
        reason: reason('push-refused', result.message),
      });
  }
}

/** Whether a newer result of the same unit arrived while this one was landing. */
function isSuperseded(state: QueueState, entry: QueueEntry): boolean {
  const { context, unit } = entry.subject;
  return state.entries.some(
    ({ subject }) => subject !== entry.subject && subject.unit === unit && subject.context.run === context.run,
  );
}

type Answer = QueueOutcome extends infer Outcome
  ? Outcome extends { result: Sha }
    ? Omit<Outcome, 'result'>
    : never
  : never;

/** Removes the entry and tells its unit. */
function answer(state: QueueState, entry: QueueEntry, given: Answer): Step {
  const outcome: QueueOutcome = { result: entry.subject.result, ...given };
  const { run } = entry.subject.context;
  const { unit } = entry.subject;
  const entries = state.entries.filter((other) => other !== entry);
  const { enqueuedAt } = entry.subject;
  const remembered = { run, unit, enqueuedAt, outcome: withoutOutput(outcome) };
  const recent = [...state.recent, remembered].slice(-rememberedOutcomes);
  // A red verification does not end a repair.
  const left = given.status === 'returned' ? state : endRepair(state, { run, unit });
  return { state: { ...left, entries, recent }, actions: [{ type: 'tell', run, unit, outcome }] };
}

/** Keeps remembered outcomes small; otherwise the state would outgrow a payload. */
function withoutOutput(outcome: QueueOutcome): QueueOutcome {
  if (outcome.status === 'not-verified') return { ...outcome, output: outcome.output.slice(-500) };
  if (outcome.status === 'consent-missing') return { ...outcome, changed: fewShort(outcome.changed, (path) => path) };
  if (outcome.status !== 'returned') return outcome;
  if (outcome.feedback.kind === 'conflict') {
    const conflicts = fewShort(conflictsOf(outcome.feedback), ({ path }) => path);
    const feedback = { ...outcome.feedback, paths: conflicts.map(({ path }) => path), conflicts };
    return { ...outcome, feedback };
  }
  return {
    ...outcome,
    feedback: { ...outcome.feedback, output: outcome.feedback.output.slice(-500) },
  };
}

function fewShort<T>(items: readonly T[], pathOf: (item: T) => string): T[] {
  return items.filter((item) => pathOf(item).length <= 300).slice(0, 5);
}

function find(state: QueueState, run: RunId, unit: UnitId): QueueEntry | undefined {
  return state.entries.find((entry) => isOf(entry, run, unit));
}

function isOf({ subject }: QueueEntry, run: RunId, unit: UnitId): boolean {
  return subject.context.run === run && subject.unit === unit;
}

function replace(state: QueueState, entry: QueueEntry, by: QueueEntry): QueueState {
  return { ...state, entries: state.entries.map((other) => (other === entry ? by : other)) };
}

function merge(first: Step, second: Step): Step {
  return { state: second.state, actions: [...first.actions, ...second.actions] };
}
