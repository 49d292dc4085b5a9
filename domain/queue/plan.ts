// What a queue starts next, from its state alone: landings first, then ejections, builds and verifications. Pure.

import type { BuildTrainInput, TrainMember } from '../../contracts/activities/landing.ts';
import type { RunContext } from '../../contracts/documents/plan.ts';
import type { Sha } from '../../contracts/ids.ts';
import { type Entry, inOrder, isOf, nameOf, rankOf, waitingAgain } from './entry.ts';
import { type BadVerdict, forgetBad, isExcused } from './verdicts.ts';
import { type Judgement, judge } from './bisect.ts';
import { type QueueAction, type QueueState, type Step, chain, unchanged, withDecision } from './state.ts';
import { type Line, failingBelow, keyAt, keysOf, rowOf, sourceAt, trainsIn, verdictAt } from './train.ts';
import { type Answer, answer } from './answers.ts';
import { cutLine, forgetRuns, lastOf } from './moves.ts';
import { isFresh } from './repairs.ts';
import { reason } from '../../contracts/failures.ts';

/** Green keys that a build is told of. */
const keysTold = 64;

const nothingInFlight: Judgement = { land: 0, fault: null, isBroken: false, verify: [] };

/** Draws the consequences of the verdicts, and starts what there is room for. */
export function startWork(state: QueueState, at: string): Step {
  const settled = chain(
    chain(settlePause(state, at), (s) => settleFaults(s, at)),
    (s) => startLanding(s, at),
  );
  const started = chain(
    chain(settled, (s) => startBuild(s, at)),
    (s) => verifyWhatMatters(s, at),
  );
  return chain(started, (s) => unchanged(forgetRuns(s)));
}

function judgementOf({ line, verdicts, rules }: QueueState): Judgement {
  if (line === null) return nothingInFlight;
  const asked = new Set(verdicts.asked.map(({ key }) => key));
  return judge(rowOf(line, verdicts, rules), {
    slots: rules.parallel,
    isUnderWay: (position) => asked.has(keyAt(line, position) ?? ''),
  });
}

/** What may land in spite of a pause is not stacked on what may not. */
function settlePause(state: QueueState, at: string): Step {
  const { paused, line, landing } = state;
  if (line === null || landing !== null || paused === null || paused.above === null) return unchanged(state);
  const entries = [...line.candidates.map(({ entry }) => entry), ...state.waiting];
  const held = entries.findIndex((entry) => !mayGo(state, entry));
  const isStacked = held < line.candidates.length && entries.slice(held + 1).some((entry) => mayGo(state, entry));
  // A train of which only a part may land: nobody verifies that part as long as the rest is above it.
  const isParted = held > 0 && held < line.candidates.length;
  return held === -1 || !(isStacked || isParted) ? unchanged(state) : cutLine(state, held + 1, at, { drop: false });
}

/** A first candidate that is not green leaves: to its unit if it is at fault, or to wait for a better target. */
function settleFaults(state: QueueState, at: string): Step {
  const { line, landing } = state;
  const { fault } = judgementOf(state);
  const [first] = line?.candidates ?? [];
  if (line === null || first === undefined || landing !== null || fault === null) return unchanged(state);
  const verdict = verdictAt(line, 1, state.verdicts);
  if (verdict === undefined) return unchanged(state);
  const batch = state.rules.batch.min;
  const smaller = { ...state, batch };
  if (fault === 'base' && !isWorse(state, line, verdict)) {
    const hold = { why: 'red-base', target: line.target } as const;
    const command = verdictAt(line, 0, state.verdicts)?.command ?? verdict.command;
    const redBase = { target: line.target, command, since: at };
    const text = `the target ${line.target.slice(0, 12)} is red by itself (${command}): ${nameOf(first.entry)} waits until it is not`;
    return chain(cutLine(withDecision({ ...smaller, redBase }, at, text), 1, at, { drop: true }), (s) =>
      unchanged({ ...s, waiting: [waitingAgain(first.entry, at, hold), ...s.waiting] }),
    );
  }
  const text = `${nameOf(first.entry)} is ejected: ${verdict.command}: ${verdict.status}`;
  return chain(cutLine(withDecision(smaller, at, text), 1, at, { drop: true }), (s) =>
    answer(s, first.entry, blame(verdict, first.entry, line, first.locks)),
  );
}

/** With `delta`, on a red target: the candidate fails in more than the target does. */
function isWorse({ rules, verdicts }: QueueState, line: Line, verdict: BadVerdict): boolean {
  if (rules.onRedBase !== 'delta' || verdict.failed === undefined) return false;
  return !isExcused(verdict, failingBelow(line, verdicts));
}

function blame(verdict: BadVerdict, { result }: Entry, { target }: Line, locks: readonly string[] | undefined): Answer {
  const { status, command, output, egress } = verdict;
  switch (status) {
    case 'red':
    case 'timed-out': {
      const said = status === 'red' ? output : `${output}\n(timed out)`;
      const feedback = { kind: 'verification', onto: target, result, command, output: said } as const;
      return { status: 'returned', feedback: locks === undefined ? feedback : { ...feedback, locks } };
    }
    case 'overdue':
      return { status: 'refused', reason: reason('timed-out', output.slice(0, 2000)) };
    case 'not-verified':
      return { status: 'not-verified', output, ...(egress === undefined ? {} : { egress }) };
    case 'failed':
      return { status: 'refused', reason: reason('error', output.slice(0, 2000)) };
  }
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
  const input = { context, target: line.target, commit: last.commit, source };
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

/** Whether the queue takes an entry although it is paused. */
function mayGo({ paused, landed }: QueueState, entry: Entry): boolean {
  return paused === null || (paused.above !== null && rankOf(entry, landed) >= paused.above);
}

function startBuild(state: QueueState, at: string): Step {
  const entries = canBuild(state) ? nextEntries(state, at) : [];
  return entries.length === 0 ? unchanged(state) : build(state, entries, at, null);
}

function canBuild(state: QueueState): boolean {
  const { building, line, rules, redBase, verdicts } = state;
  if (building !== null) return false;
  if (line === null) return true;
  if (redBase !== null && rules.onRedBase === 'hold') return false;
  if (judgementOf(state).isBroken || line.candidates.some(({ solo }) => solo === true)) return false;
  if (state.waiting.some(({ hold }) => hold?.why === 'solo')) return false;
  if (rules.verify === 'tip') return trainsIn(line) < rules.parallel;
  // One round is verified, the next is ready.
  const open = line.candidates.filter(({ key }) => key !== null && !verdicts.green.includes(key));
  return open.length < 2 * rules.parallel;
}

function nextEntries(state: QueueState, at: string): readonly Entry[] {
  const { waiting, landed, redBase, rules } = state;
  const size = redBase !== null && rules.onRedBase === 'hold' ? 1 : state.batch;
  const possible = waiting.filter((entry) => entry.leaving !== undefined || isReady(state, entry, at));
  const ready = inOrder(possible, landed, size);
  const [first] = ready;
  if (first?.alone === true) return state.line === null ? [first] : [];
  const until = ready.findIndex(({ alone }) => alone === true);
  return ready.slice(0, until === -1 ? size : Math.min(size, until));
}

function isReady(state: QueueState, entry: Entry, at: string): boolean {
  return mayGo(state, entry) && !isKeptOut(state, entry) && !isHeld(state, entry, at);
}

/** It came after the queue was told to drain. */
export function isKeptOut({ draining }: QueueState, { order }: Entry): boolean {
  return draining !== null && order >= draining.fromOrder;
}

export function isHeld(state: QueueState, { hold }: Entry, at: string): boolean {
  switch (hold?.why) {
    case undefined:
      return false;
    case 'repair':
      return state.repairs.some((repair) => isOf(repair, hold) && isFresh(repair, at));
    case 'line':
    case 'solo':
      return state.line !== null;
    case 'red-base':
      return state.redBase?.target === hold.target;
  }
}

/** How long a red target counts as red. What it lacked may be elsewhere: a server that was down, say. */
const redSeconds = 900;

/** Looks whether the branch has moved from a red tip, if nothing else would find out. */
export function lookAtTarget(state: QueueState, at: string): Step {
  const { building, line, redBase, landed } = state;
  if (building !== null || line !== null || redBase === null) return unchanged(state);
  if (Date.parse(at) - Date.parse(redBase.since) >= redSeconds * 1000) {
    return unchanged({ ...state, redBase: null, tip: null });
  }
  const held = inOrder(state.waiting, landed).filter((entry) => mayGo(state, entry) && !isKeptOut(state, entry));
  const [first] = held.filter(({ hold }) => hold?.why === 'red-base');
  return first === undefined ? unchanged(state) : build(state, [first], at, redBase.target);
}

function build(state: QueueState, entries: readonly Entry[], at: string, unless: Sha | null): Step {
  const { line, nextJob: job, nextTrain: train, verdicts, drop, id } = state;
  const contexts = contextsOf(state, entries);
  const last = lastOf(line);
  const on = line === null || last === undefined ? null : last.commit;
  const taken = new Set(entries.map(({ order }) => order));
  const input: BuildTrainInput = {
    queue: id,
    train,
    contexts: [...contexts.values()],
    members: entries.map((entry) => memberOf(entry, [...contexts.keys()].indexOf(entry.run))),
    on: line === null || last === undefined ? null : baseFor(line, last),
    green: verdicts.green.slice(-keysTold),
    drop,
    ...(unless === null ? {} : { unless }),
  };
  return {
    state: {
      ...state,
      waiting: state.waiting.filter(({ order }) => !taken.has(order)),
      building: { job, train, entries, on, since: at },
      nextJob: job + 1,
      nextTrain: train + 1,
    },
    actions: [{ type: 'build', job, input }],
  };
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
  const { unit, result, base, enqueuedAt, approvedBy, consents, egress, attempt, leaving, reverts, requestedBy } =
    entry;
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
    ...(leaving === undefined ? {} : { leaving: true as const }),
    ...(reverts === undefined ? {} : { reverts }),
    ...(requestedBy === undefined ? {} : { requestedBy }),
  };
}

function baseFor({ target, sources }: Line, { commit, key, train }: Line['candidates'][number]): BuildTrainInput['on'] {
  const source = sources[train];
  return source === undefined ? null : { commit, target, source, key };
}

/** Asks for the verifications that matter, and gives up the others, unless a build from the tip is about to say which matter. */
function verifyWhatMatters(state: QueueState, at: string): Step {
  const { line, building, rules, id } = state;
  const verdicts =
    building === null ? forgetBad(state.verdicts, line === null ? new Set() : keysOf(line)) : state.verdicts;
  const { verify } = judgementOf(state);
  const wanted = new Map<string, number>();
  for (const position of verify) {
    const key = line === null ? null : keyAt(line, position);
    if (key !== null && !wanted.has(key)) wanted.set(key, position);
  }
  const isBuiltAgain = line === null && building !== null;
  const isWanted = ({ key }: { readonly key: string }): boolean => isBuiltAgain || wanted.has(key);
  const kept = verdicts.asked.filter(isWanted);
  const actions: QueueAction[] = verdicts.asked
    .filter((each) => !isWanted(each))
    .map(({ key }) => ({ type: 'release', key }));
  const asked = [...kept];
  for (const [key, position] of wanted) {
    if (asked.some((each) => each.key === key) || asked.length >= rules.parallel) continue;
    const source = line === null ? undefined : sourceAt(line, position);
    if (source === undefined) continue;
    asked.push({ key, since: at });
    actions.push({ type: 'request', key, subscription: { queue: id, source, timeoutSeconds: rules.timeoutSeconds } });
  }
  return { state: { ...state, verdicts: { ...verdicts, asked } }, actions };
}

/** How long a verdict may take before it is asked for again: the message may have been lost. */
const verdictSeconds = 600;

/** Whoever has a verdict answers again; a verification that is under way takes no notice. */
export function askAgain(state: QueueState, at: string): Step {
  const { line, rules, id } = state;
  if (line === null) return unchanged(state);
  const positions = [0, ...line.candidates.map((_, index) => index + 1)];
  const late = state.verdicts.asked.filter(({ since }) => Date.parse(at) - Date.parse(since) >= verdictSeconds * 1000);
  const actions = late.flatMap(({ key }): QueueAction[] => {
    const position = positions.find((each) => keyAt(line, each) === key);
    const source = position === undefined ? undefined : sourceAt(line, position);
    return source === undefined
      ? []
      : [{ type: 'request', key, subscription: { queue: id, source, timeoutSeconds: rules.timeoutSeconds } }];
  });
  return { state, actions };
}
