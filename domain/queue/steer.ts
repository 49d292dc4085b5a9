// What people ask of a queue: pause, resume, drain, bump, eject and revert. Pure. `parseSteerRequest` says what is wrong with
// a request by itself, `refuse` why it is not done now.

import type { SteerRequest } from '../../contracts/messages/queue.ts';
import type { QueuePause } from '../../contracts/queue-view.ts';
import { type Entry, type EntryId, isOf, nameOf, priorities, rankOf } from './entry.ts';
import { type QueueState, type Step, itself, unchanged, withDecision } from './state.ts';
import { allEntries, takeOut } from './moves.ts';
import { isRunId, isSha, isUnitId } from '../../contracts/ids.ts';
import { inertLine } from '../text/inert.ts';
import { reason } from '../../contracts/failures.ts';

/** Null = it can be done. */
export function refuse(state: QueueState, request: SteerRequest): string | null {
  switch (request.type) {
    case 'pause':
      return isPriority(request.above) ? null : outOfRange;
    case 'resume':
      return state.paused === null && state.draining === null ? 'the queue is neither paused nor draining' : null;
    case 'drain':
      return state.draining === null ? null : `the queue drains already, since ${state.draining.since}`;
    case 'bump': {
      if (!isPriority(request.priority)) return outOfRange;
      const entry = find(state, request);
      if (entry === undefined) return notThere(request);
      const isFree = state.waiting.includes(entry) || isStoppedInFlight(state, entry);
      return isFree ? null : `${nameOf(entry)} is in flight already, and nothing overtakes what is`;
    }
    case 'revert': {
      if (state.draining !== null) return `the queue drains since ${state.draining.since}, and takes nothing new`;
      const isThere = allEntries(state).some(({ reverts }) => reverts === request.commit);
      return isThere ? `${request.context.run}/${request.unit} is being taken back already` : null;
    }
    case 'eject': {
      const entry = find(state, request);
      if (entry === undefined) return notThere(request);
      return isLanding(state, entry) ? `${nameOf(entry)} is landing; a landing in progress cannot be taken back` : null;
    }
  }
}

export function steer(state: QueueState, request: SteerRequest, at: string): Step {
  if (refuse(state, request) !== null) return unchanged(state);
  const by = shortName(request.by);
  switch (request.type) {
    case 'pause': {
      const { above = null } = request;
      const why = shortReason(request.reason);
      const text = `${by} paused the queue${below({ above })}${because(why)}`;
      const paused = { by, reason: why, since: at, above };
      const held = withDecision({ ...state, paused }, at, text);
      return stopBuild(held);
    }
    case 'resume':
      return unchanged(resume(state, by, at));
    case 'drain': {
      const draining = { by, since: at, fromOrder: state.nextOrder };
      return unchanged(withDecision({ ...state, draining }, at, `${by} drains the queue: it takes nothing new`));
    }
    case 'bump': {
      const bumped = find(state, request);
      if (bumped === undefined) return unchanged(state);
      const priority = request.priority ?? aboveAll(state);
      const entry = { ...bumped, priority };
      const text = `${by} gave ${nameOf(entry)} priority ${priority}`;
      return unchanged(withDecision(exchange(state, bumped, entry), at, text));
    }
    case 'revert':
      return unchanged(takeRevert(state, request, by, at));
    case 'eject':
      return eject(state, request, by, at);
  }
}

/** With a pause below a priority, what is in flight may get one that lets it through. */
function isStoppedInFlight(state: QueueState, entry: Entry): boolean {
  const { line, paused } = state;
  const isInLine = line?.candidates.some((candidate) => candidate.entry === entry) === true;
  return isInLine && paused !== null && paused.above !== null && !isLanding(state, entry);
}

function exchange(state: QueueState, old: Entry, entry: Entry): QueueState {
  const waiting = state.waiting.map((other) => (other === old ? entry : other));
  if (state.line === null) return { ...state, waiting };
  const candidates = state.line.candidates.map((each) => (each.entry === old ? { ...each, entry } : each));
  return { ...state, waiting, line: { ...state.line, candidates } };
}

/** What the queue has paused by itself is lifted first; what people have paused or drained stays. */
function resume(state: QueueState, by: string, at: string): QueueState {
  const { paused, draining } = state;
  if (paused?.by !== itself) {
    return withDecision({ ...state, paused: null, draining: null }, at, `${by} resumed the queue`);
  }
  const before = paused.before ?? null;
  const holds = [
    ...(before === null ? [] : [`it is still paused by ${before.by}${below(before)}${because(before.reason)}`]),
    ...(draining === null ? [] : [`it still drains since ${draining.since}`]),
  ];
  const text = [`${by} resumed the queue`, ...holds].join('; ');
  return withDecision({ ...state, paused: before }, at, text);
}

function below({ above }: Pick<QueuePause, 'above'>): string {
  return above === null ? '' : ` below priority ${above}`;
}

function because(why: string | null): string {
  return why === null ? '' : `: ${why}`;
}

function takeRevert(
  state: QueueState,
  { context, unit, commit }: Extract<SteerRequest, { type: 'revert' }>,
  by: string,
  at: string,
): QueueState {
  const { run } = context;
  const entry: Entry = {
    run,
    unit,
    result: commit,
    base: commit,
    reverts: commit,
    requestedBy: by,
    enqueuedAt: at,
    since: at,
    returned: 0,
    approvedBy: [],
    // Whoever takes a change back agrees to that.
    consents: [{ channel: 'cli', id: by }],
    priority: 0,
    order: state.nextOrder,
    landedBefore: state.landed,
  };
  const contexts = { ...state.contexts, [run]: state.contexts[run] ?? context };
  const next = { ...state, contexts, waiting: [...state.waiting, entry], nextOrder: state.nextOrder + 1 };
  return withDecision(next, at, `${by} takes ${nameOf(entry)} back: ${commit.slice(0, 12)}`);
}

function eject(state: QueueState, request: Extract<SteerRequest, { type: 'eject' }>, by: string, at: string): Step {
  const entry = find(state, request);
  if (entry === undefined) return unchanged(state);
  const said = shortReason(request.reason);
  const why = `by ${by}${said === null ? '' : `: ${said}`}`;
  const { building, waiting } = state;
  // A host that merges it onto the tip may have pushed it, if nothing had to be verified.
  const mayLand =
    building?.entries.includes(entry) === true
      ? building.on === null
      : waiting.includes(entry) && entry.uncertain === true;
  const text = mayLand ? `is ejected ${why}, unless it has just landed` : `was ejected ${why}`;
  const decided = withDecision(state, at, `${nameOf(entry)} ${text}`);
  return takeOut(decided, entry, { status: 'refused', reason: reason('ejected', why) }, at);
}

/** A build on the tip may land by itself: it is stopped, and looks at what it did when the queue is resumed. */
function stopBuild(state: QueueState): Step {
  const { building } = state;
  return { state, actions: building === null || building.on !== null ? [] : [{ type: 'cancel', job: building.job }] };
}

/** Whether a request is about an entry that is not in the queue. */
export function isAboutNothing(state: QueueState, request: SteerRequest): boolean {
  return (request.type === 'bump' || request.type === 'eject') && find(state, request) === undefined;
}

/** A signal has no answer: whoever sent it sees on the queue's page why it was refused. */
export function noteRefusal(state: QueueState, request: unknown, why: string, at: string): QueueState {
  const { type, by } = recordOf(request);
  const what = typeof type === 'string' && isSteerType(type) ? type : 'a signal';
  const who = typeof by === 'string' ? ` by ${shortName(by)}` : '';
  return withDecision(state, at, `refused: ${what}${who}: ${why}`);
}

function find(state: QueueState, { run, unit }: { readonly run: string; readonly unit: string }): Entry | undefined {
  const whose = { run, unit } as EntryId;
  return allEntries(state).find((entry) => isOf(entry, whose) && entry.leaving === undefined);
}

function isLanding({ line, landing }: QueueState, entry: Entry): boolean {
  const index = line?.candidates.findIndex((candidate) => candidate.entry === entry) ?? -1;
  return index !== -1 && index < (landing?.count ?? 0);
}

/** May be more than people can give: others may have waited long. */
function aboveAll({ waiting, landed }: QueueState): number {
  return 1 + Math.max(0, ...waiting.map((entry) => rankOf(entry, landed)));
}

const outOfRange = `a priority is a whole number from ${priorities.lowest} to ${priorities.highest}`;

function isPriority(priority: number | undefined): boolean {
  if (priority === undefined) return true;
  return Number.isInteger(priority) && priority >= priorities.lowest && priority <= priorities.highest;
}

function notThere({ run, unit }: { readonly run: string; readonly unit: string }): string {
  return `${inertLine(`${run}/${unit}`).slice(0, 120)} is not in the queue`;
}

function shortReason(text: string | undefined): string | null {
  const line = inertLine(text ?? '')
    .trim()
    .slice(0, 300);
  return line === '' ? null : line;
}

function shortName(by: string): string {
  return inertLine(by).slice(0, 100);
}

type SteerType = SteerRequest['type'];

/** The fields of each request, besides `type` and `by`. */
const fieldsOf: Readonly<Record<SteerType, readonly string[]>> = {
  pause: ['reason', 'above'],
  resume: [],
  drain: [],
  bump: ['run', 'unit', 'priority'],
  eject: ['run', 'unit', 'reason'],
  // What it needs `coppice queue revert` finds out.
  revert: ['context', 'unit', 'commit'],
};

function isSteerType(type: string): type is SteerType {
  return Object.hasOwn(fieldsOf, type);
}

/** A request from outside has any shape: the Web UI sends what people type. */
export function parseSteerRequest(request: unknown): SteerRequest | { readonly problem: string } {
  const fields = recordOf(request);
  const { type, by } = fields;
  if (typeof type !== 'string' || !isSteerType(type)) {
    return { problem: `a request needs \`type\`: ${Object.keys(fieldsOf).join(', ')}` };
  }
  if (typeof by !== 'string' || shortName(by) === '') return { problem: 'a request needs `by`: who asks' };
  const known = fieldsOf[type];
  const isWrong = (name: string): boolean => typeof fields[name] !== typeOf(name);
  for (const name of Object.keys(fields).filter((each) => each !== 'type' && each !== 'by')) {
    // A mistyped `above` would pause everything.
    if (!known.includes(name)) return { problem: `${type} has no field ${inertLine(name, 50)}` };
    if (isWrong(name)) return { problem: `\`${name}\` must be a ${typeOf(name)}` };
  }
  const missing = ['run', 'unit', 'commit', 'context'].find(
    (name) => known.includes(name) && !Object.hasOwn(fields, name),
  );
  if (missing !== undefined) return { problem: `${type} needs \`${missing}\`` };
  if (type === 'revert' && !isRevert(fields)) return { problem: '`coppice queue revert` knows what it needs' };
  return { ...fields } as unknown as SteerRequest;
}

/** Whether a host can do something with it. */
function isRevert({ context, unit, commit }: Readonly<Record<string, unknown>>): boolean {
  const { run, plan, base, ...texts } = recordOf(context);
  const places = ['repository', 'branch', 'stateRemote', 'queue', 'requestedBy'];
  const isText = (name: string): boolean => typeof texts[name] === 'string' && texts[name] !== '';
  const isCommit = (id: unknown): boolean => typeof id === 'string' && isSha(id);
  const isNamed = typeof run === 'string' && isRunId(run) && typeof unit === 'string' && isUnitId(unit);
  return isNamed && [plan, base, commit].every(isCommit) && places.every(isText);
}

function typeOf(field: string): 'number' | 'object' | 'string' {
  if (field === 'above' || field === 'priority') return 'number';
  return field === 'context' ? 'object' : 'string';
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
