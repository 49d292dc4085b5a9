// How entries move between the places of a queue: waiting, being built, in flight. Pure.

import type { Sha } from '../../contracts/ids.ts';
import type { Candidate, Line } from './train.ts';
import type { VerificationSource } from '../../contracts/activities/verification.ts';
import { baseOf, cut, failingBelow, isBaseSure } from './train.ts';
import { type Entry, type EntryId, type Leaving, isOf, putBack, waitingAgain } from './entry.ts';
import { type QueueAction, type QueueState, type Step, chain, unchanged } from './state.ts';
import { answer } from './answers.ts';

/** All entries, what is in flight first. */
export function allEntries(state: QueueState): readonly Entry[] {
  return [...inFlight(state), ...(state.building?.entries ?? []), ...state.waiting];
}

/** What is verified, or has been. */
function inFlight({ line, suspect }: QueueState): Entry[] {
  const candidates = [...(suspect === undefined ? [] : [suspect.candidate]), ...(line?.candidates ?? [])];
  return candidates.map(({ entry }) => entry);
}

/** A unit's results; not what takes it back. */
export function entriesOf(state: QueueState, whose: EntryId): readonly Entry[] {
  const isIts = (entry: Entry): boolean =>
    entry.unit === whose.unit && isOf(entry, whose) && entry.reverts === undefined;
  return allEntries(state).filter(isIts);
}

/** The last candidate in flight. */
export function lastOf(line: Line | null): Candidate | undefined {
  return line?.candidates.at(-1);
}

/** Puts entries back among what waits. Leaving ones that have certainly not landed are answered. */
export function waitAgain(
  state: QueueState,
  entries: readonly Entry[],
  at: string,
  how: { readonly taken?: boolean; readonly landed: 'no' | 'unknown' },
): Step {
  const isGone = ({ leaving, uncertain }: Entry): boolean =>
    how.landed === 'no' && leaving !== undefined && uncertain !== true;
  const again = entries
    .filter((entry) => !isGone(entry))
    .map((entry): Entry => ({
      ...waitingAgain(entry, at),
      ...(how.taken === true ? { taken: true } : {}),
      ...(how.landed === 'unknown' ? { uncertain: true } : {}),
    }));
  const before = again.filter(({ taken }) => taken === true);
  const others = again.filter(({ taken }) => taken !== true);
  const step = unchanged({ ...state, waiting: others.reduce(putBack, [...before, ...state.waiting]) });
  return entries
    .filter(isGone)
    .reduce((done, entry) => chain(done, (s) => answer(s, entry, { status: 'withdrawn' })), step);
}

/** Entries that conflict with a candidate in flight may be built again. */
export function freeBehindLine(state: QueueState): QueueState {
  if (!state.waiting.some(({ hold }) => hold?.why === 'line')) return state;
  const waiting = state.waiting.map((entry) => (entry.hold?.why === 'line' ? waitingAgain(entry, entry.since) : entry));
  return { ...state, waiting };
}

/** Gives up the build of a train on candidates in flight. One on the branch's tip may land, so it is left to end. */
export function giveUpBuild(state: QueueState, at: string): Step {
  const { building } = state;
  if (building === null || building.on === null) return unchanged(state);
  const step = waitAgain({ ...state, building: null }, building.entries, at, { landed: 'no' });
  return { state: step.state, actions: [{ type: 'cancel', job: building.job }, ...step.actions] };
}

/**
 * Cuts the line at a position (from 1): its candidate and all above are no longer in flight. Those above wait again,
 * before all others; `keep`: so does the candidate itself.
 */
export function cutLine(state: QueueState, position: number, at: string, { keep }: { readonly keep: boolean }): Step {
  if (state.line === null) return unchanged(state);
  const { line, above } = cut(state.line, position);
  const tip = line === null ? tipOf(state) : state.tip;
  const given = giveUpBuild({ ...state, line, tip, drop: refsToDrop(state, line) }, at);
  return chain(given, (s) =>
    waitAgain(freeBehindLine(s), keep ? above : above.slice(1), at, { taken: true, landed: 'no' }),
  );
}

/** What is known of the tip of the branch, once nothing is in flight on it. */
function tipOf({ line, verdicts, tip, rules }: QueueState): QueueState['tip'] {
  if (line === null) return tip;
  if (!isBaseSure(line, verdicts, rules)) return { commit: line.target, base: 'unknown' };
  switch (baseOf(line, verdicts)) {
    case 'green':
      return { commit: line.target, base: 'green' };
    case 'bad':
      return { commit: line.target, base: { failed: failingBelow(line, verdicts) } };
    case 'open':
      return { commit: line.target, base: 'unknown' };
  }
}

/** Trains to delete once `next` replaces the line. */
export function refsToDrop({ line, drop, suspect }: QueueState, next: Line | null): QueueState['drop'] {
  const kept = new Set(Object.values(next?.sources ?? {}).map(({ ref }) => ref));
  if (suspect !== undefined) kept.add(suspect.source.ref);
  const gone = Object.values(line?.sources ?? {}).filter(({ ref }) => !kept.has(ref));
  return gone.reduce(withTrain, drop);
}

/** With one more train that is to be deleted. */
export function withTrain(drop: QueueState['drop'], source: VerificationSource | null): QueueState['drop'] {
  if (source === null) return drop;
  const { ref, commit } = source;
  return [...drop.filter((each) => each.ref !== ref), { ref, commit }].slice(-mostDropped);
}

/** Forgets the suspect; its train is to be deleted. */
export function withoutSuspect(state: QueueState): QueueState {
  const { suspect, ...rest } = state;
  if (suspect === undefined) return state;
  return { ...rest, drop: withTrain(state.drop, suspect.source) };
}

/** What is left over is pruned by age. */
const mostDropped = 50;

/**
 * Takes an entry out, and tells its unit. One that may be landing now, or may have landed, is marked, and answered once
 * that is known.
 */
export function takeOut(state: QueueState, entry: Entry, leaving: Leaving, at: string): Step {
  const { waiting, building, line, landing, suspect } = state;
  const isIt = (other: Entry): boolean => other.order === entry.order;
  const marked = (other: Entry): Entry => (isIt(other) ? { ...other, leaving } : other);
  const told = (step: Step): Step => chain(step, (s) => answer(s, entry, leaving));
  if (waiting.some(isIt)) {
    if (entry.uncertain === true) return unchanged({ ...state, waiting: waiting.map(marked) });
    return told(unchanged({ ...state, waiting: waiting.filter((other) => !isIt(other)) }));
  }
  if (building?.entries.some(isIt) === true) {
    const without = { ...building, entries: building.entries.filter((other) => !isIt(other)) };
    const isCertain = building.on !== null && entry.uncertain !== true;
    if (isCertain) return told(giveUpBuild({ ...state, building: without }, at));
    const cancel: QueueAction = { type: 'cancel', job: building.job };
    return { state: { ...state, building: { ...building, entries: building.entries.map(marked) } }, actions: [cancel] };
  }
  if (suspect !== undefined && isIt(suspect.candidate.entry)) return told(unchanged(withoutSuspect(state)));
  const index = line?.candidates.findIndex((candidate) => isIt(candidate.entry)) ?? -1;
  if (line === null || index === -1) return unchanged(state);
  if (index >= (landing?.count ?? 0)) return told(cutLine(state, index + 1, at, { keep: false }));
  const candidates = line.candidates.map((candidate) => ({ ...candidate, entry: marked(candidate.entry) }));
  return unchanged({ ...state, line: { ...line, candidates } });
}

/** Forgets the contexts of runs without entries. */
export function forgetRuns(state: QueueState): QueueState {
  const { contexts, waiting, building } = state;
  const gone = new Set(Object.keys(contexts));
  for (const { run } of inFlight(state)) gone.delete(run);
  for (const { run } of building?.entries ?? []) gone.delete(run);
  for (const { run } of waiting) {
    if (gone.size === 0) break;
    gone.delete(run);
  }
  if (gone.size === 0) return state;
  return { ...state, contexts: Object.fromEntries(Object.entries(contexts).filter(([run]) => !gone.has(run))) };
}

export function shortOf(commit: Sha): string {
  return commit.slice(0, 12);
}
