// What a queue starts next, from its state alone: landings first, then builds and verifications. Pure.

import type { BuildTrainInput, TrainMember } from '../../contracts/activities/landing.ts';
import type { RunContext } from '../../contracts/documents/plan.ts';
import type { Sha } from '../../contracts/ids.ts';
import { type Entry, inOrder } from './entry.ts';
import { verifyWhatMatters } from './verifications.ts';
import { isKeptOut, isReady, mayGo } from './holds.ts';
import { judgementOf } from './judgement.ts';
import { settleFaults } from './faults.ts';
import { type QueueState, type Step, chain, unchanged } from './state.ts';
import { type Line, trainsIn } from './train.ts';
import { cutLine, forgetRuns, lastOf } from './moves.ts';

/** Green keys that a build is told of. */
const keysTold = 64;

/** Draws the consequences of the verdicts, and starts what there is room for. */
export function startWork(state: QueueState, at: string): Step {
  const settled = chain(
    chain(settlePause(state, at), (s) => settleFaults(s, at)),
    (s) => startLanding(s, at),
  );
  const started = chain(
    chain(settled, (s) => startBuild(forgetOldRed(s, at), at)),
    (s) => verifyWhatMatters(s, at),
  );
  return chain(started, (s) => unchanged(forgetRuns(s)));
}

/** While paused with `above`: cuts the line where an entry that must wait would hold up one that may land. */
function settlePause(state: QueueState, at: string): Step {
  const { paused, line, landing } = state;
  if (line === null || landing !== null || paused === null || paused.above === null) return unchanged(state);
  const entries = line.candidates.map(({ entry }) => entry);
  const held = entries.findIndex((entry) => !mayGo(state, entry));
  if (held === -1) return unchanged(state);
  const isStacked =
    entries.slice(held + 1).some((entry) => mayGo(state, entry)) ||
    // Perhaps the line is all that holds it.
    state.waiting.some((entry) => isReady({ ...state, line: null }, entry, at));
  // A train of which only a part may land: nobody verifies that part as long as the rest is above it.
  const isParted = held > 0;
  return isStacked || isParted ? cutLine(state, held + 1, at, { keep: true }) : unchanged(state);
}

function startLanding(state: QueueState, at: string): Step {
  const { line, landing, paused, nextJob: job } = state;
  const { land } = judgementOf(state);
  const count = paused === null ? land : mayLandWhilePaused(state, land);
  const last = line?.candidates[count - 1];
  const context = last === undefined ? undefined : state.contexts[last.entry.run];
  const source = last === undefined ? undefined : line?.sources[last.train];
  if (line === null || landing !== null || last === undefined || context === undefined || source === undefined) {
    return unchanged(state);
  }
  const runs = new Set(line.candidates.slice(0, count).map(({ entry }) => entry.run));
  const others = [...runs].flatMap((run) => (run === last.entry.run ? [] : (state.contexts[run] ?? [])));
  const input = {
    context,
    ...(others.length === 0 ? {} : { others }),
    target: line.target,
    commit: last.commit,
    source,
  };
  return {
    state: { ...state, landing: { job, count, since: at }, nextJob: job + 1 },
    actions: [{ type: 'land', job, input }],
  };
}

/** All of it or nothing: a part of what is green was not verified by itself. */
function mayLandWhilePaused(state: QueueState, land: number): number {
  const candidates = state.line?.candidates.slice(0, land) ?? [];
  return candidates.every(({ entry }) => mayGo(state, entry)) ? land : 0;
}

function startBuild(state: QueueState, at: string): Step {
  if (state.building !== null) return unchanged(state);
  const entries = canBuild(state) ? nextEntries(state, at) : [];
  if (entries.length > 0) return build(state, entries, at);
  // Whoever waits for these hears at once whether they have landed, however long the line stands.
  const leaving = aloneOrNot(
    state.waiting.filter((entry) => isToLookUp(state, entry)),
    state.batch,
  );
  return leaving.length === 0 ? unchanged(state) : build(state, leaving, at, { onTip: true });
}

/** The first one, if it goes alone; else those before the first one that does. */
function aloneOrNot(entries: readonly Entry[], size: number): readonly Entry[] {
  const until = entries.findIndex(({ alone }) => alone === true);
  return entries.slice(0, until === -1 ? size : Math.min(size, Math.max(until, 1)));
}

/** Whether a build only looks whether it has landed. */
function isToLookUp({ paused }: QueueState, { leaving, stuck }: Entry): boolean {
  return leaving !== undefined && (stuck !== true || paused === null);
}

/** Candidates in flight with `each`: half of the green keys that are remembered. */
const longestLine = 128;

function canBuild(state: QueueState): boolean {
  const { line, rules, redBase, verdicts } = state;
  if (line === null) return true;
  // One line is verified in one way.
  if (rules.verify !== line.verify) return false;
  if (redBase !== null && rules.onRedBase === 'hold') return false;
  if (judgementOf(state).isBroken || line.candidates.some(({ solo }) => solo === true)) return false;
  if (state.waiting.some(({ hold }) => hold?.why === 'solo')) return false;
  if (rules.verify === 'tip') return trainsIn(line) < rules.parallel;
  // Above a candidate that takes long, green ones are remembered, not without end.
  if (line.candidates.length >= Math.min(16 * rules.parallel, longestLine)) return false;
  // One round is verified, the next is ready.
  const open = line.candidates.filter(({ key }) => key !== null && !verdicts.green.includes(key));
  return open.length < 2 * rules.parallel;
}

function nextEntries(state: QueueState, at: string): readonly Entry[] {
  const { waiting, landed, redBase, rules } = state;
  const size = redBase !== null && rules.onRedBase === 'hold' ? 1 : state.batch;
  const possible = waiting.filter((entry) =>
    entry.leaving === undefined ? isReady(state, entry, at) : isToLookUp(state, entry),
  );
  const ready = inOrder(possible, landed, size);
  return ready[0]?.alone === true && state.line !== null ? [] : aloneOrNot(ready, size);
}

/** How long a red target counts as red. What it lacked may be elsewhere: a server that was down, say. */
const redSeconds = 900;

export function isOldRed({ redBase }: QueueState, at: string): boolean {
  return redBase !== null && Date.parse(at) - Date.parse(redBase.since) >= redSeconds * 1000;
}

function forgetOldRed(state: QueueState, at: string): QueueState {
  const isIdle = state.building === null && state.line === null;
  return isIdle && isOldRed(state, at) ? { ...state, redBase: null, tip: null } : state;
}

/** With an idle queue and a red tip: checks whether the branch has moved. */
export function lookAtTarget(state: QueueState, at: string): Step {
  const { building, line, redBase, landed } = state;
  if (building !== null || line !== null || redBase === null || isOldRed(state, at)) return unchanged(state);
  const held = inOrder(state.waiting, landed).filter((entry) => mayGo(state, entry) && !isKeptOut(state, entry));
  const [first] = held.filter(({ hold }) => hold?.why === 'red-base');
  return first === undefined ? unchanged(state) : build(state, [first], at, { unless: redBase.target });
}

interface BuildOptions {
  /** Not if the branch is still there; absent = in any case. */
  readonly unless?: Sha;
  /** On the tip of the branch, although something is in flight: for those that may have landed. */
  readonly onTip?: boolean;
}

function build(
  state: QueueState,
  entries: readonly Entry[],
  at: string,
  { unless, onTip = false }: BuildOptions = {},
): Step {
  const { nextJob: job, nextTrain: train, verdicts, id } = state;
  const line = onTip ? null : state.line;
  const drop = droppable(state);
  const contexts = contextsOf(state, entries);
  const last = lastOf(line);
  const on = line === null || last === undefined ? null : last.commit;
  const chosen = new Set(entries.map(({ order }) => order));
  const input: BuildTrainInput = {
    queue: id,
    train,
    contexts: [...contexts.values()],
    members: entries.map((entry) => memberOf(entry, [...contexts.keys()].indexOf(entry.run))),
    on: line === null || last === undefined ? null : baseFor(line, last),
    green: verdicts.green.slice(-keysTold),
    drop,
    ...(unless === undefined ? {} : { unless }),
  };
  return {
    state: {
      ...state,
      waiting: state.waiting.filter(({ order }) => !chosen.has(order)),
      building: { job, train, entries, on, since: at, drop },
      nextJob: job + 1,
      nextTrain: train + 1,
    },
    actions: [{ type: 'build', job, input }],
  };
}

/** A verification that is asked for may not have begun: the host that begins it reads the train that it was asked with. */
function droppable({ drop, verdicts }: QueueState): QueueState['drop'] {
  const needed = new Set(verdicts.asked.map(({ ref }) => ref));
  return drop.filter(({ ref }) => !needed.has(ref));
}

function contextsOf({ contexts }: QueueState, entries: readonly Entry[]): Map<string, RunContext> {
  const known = new Map<string, RunContext>();
  for (const { run } of entries) {
    const context = contexts[run];
    if (context !== undefined) known.set(run, context);
  }
  return known;
}

function memberOf(entry: Entry, context: number): TrainMember {
  const { unit, result, base, enqueuedAt, approvedBy, consents, egress, attempt, costUsd, review } = entry;
  const { leaving, reverts, requestedBy } = entry;
  return {
    context,
    unit,
    result,
    base,
    enqueuedAt,
    approvedBy,
    consents,
    ...(egress === undefined ? {} : { egress }),
    ...(attempt === undefined ? {} : { attempt }),
    ...(costUsd === undefined ? {} : { costUsd }),
    ...(review === undefined ? {} : { review }),
    ...(leaving === undefined ? {} : { leaving: true as const }),
    ...(reverts === undefined ? {} : { reverts }),
    ...(requestedBy === undefined ? {} : { requestedBy }),
  };
}

function baseFor({ target, sources }: Line, { commit, key, train }: Line['candidates'][number]): BuildTrainInput['on'] {
  const source = sources[train];
  return source === undefined ? null : { commit, target, source, key };
}
