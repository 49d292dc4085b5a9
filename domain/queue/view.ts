// A queue as people see it: what each entry waits for and why, the trains in flight, and when things are expected to
// land. Pure.

import {
  type QueueView,
  type QueueViewEntry,
  type QueueViewRequest,
  type QueueViewTrain,
  mostViewed,
} from '../../contracts/queue-view.ts';
import { type Entry, type Leaving, inOrder, nameOf } from './entry.ts';
import type { Standing } from './bisect.ts';
import { type Line, failingBelow, keyAt, rowOf } from './train.ts';
import type { QueueState } from './state.ts';
import { isHeld, isKeptOut, mayGo } from './holds.ts';
import { entriesOf } from './moves.ts';
import { isOldRed } from './plan.ts';

/** Entries in an answer that asks for no number. */
const usualLimit = 200;

export function viewQueue(state: QueueState, { limit = usualLimit, run }: QueueViewRequest, at: string): QueueView {
  const { paused, draining, redBase, rules, batch, landed, line, verdicts, decisions } = state;
  const places = placesOf(state, at)
    .map((place, index) => ({ place, index }))
    .filter(({ place: { entry } }) => run === undefined || entry.run === run);
  return {
    entries: places.slice(0, Math.min(limit, mostViewed)).map(({ place, index }) => viewEntry(state, place, index, at)),
    total: places.length,
    paused,
    draining: draining === null ? null : { by: draining.by, since: draining.since },
    redBase: isOldRed(state, at) ? null : (redBase ?? redBelow(state)),
    verify: rules.verify,
    parallel: rules.parallel,
    batch,
    landed,
    trains: [...(line === null ? [] : trainsOf(line, state)), ...suspectTrain(state)],
    flakes: Object.entries(verdicts.flakes).map(([command, flake]) => ({ command, ...flake })),
    reverts: state.reverts,
    decisions,
  };
}

interface Place {
  readonly entry: Entry;
  readonly train: number | null;
  readonly state: QueueViewEntry['state'];
  readonly since: string;
  /** Of a candidate in the line. */
  readonly standing?: Standing;
}

/** With `delta`, what is in flight goes on upon a red branch. */
function redBelow({ line, verdicts, rules }: QueueState): QueueView['redBase'] {
  const [first] = line?.candidates ?? [];
  if (line === null || first === undefined || rules.onRedBase !== 'delta') return null;
  const { base } = rowOf(line, verdicts, rules);
  const failing = base.standing === 'bad' && base.isSure ? failingBelow(line, verdicts) : null;
  return failing === null ? null : { target: line.target, command: failing.join(', '), since: first.since };
}

/** In the order in which they are expected to land. */
function placesOf(
  { line, suspect, building, landing, waiting, landed, verdicts, rules }: QueueState,
  at: string,
): Place[] {
  const row = line === null ? [] : rowOf(line, verdicts, rules).candidates;
  const inFlight = (line?.candidates ?? []).map(({ entry, train, since }, index): Place => {
    const isLanding = index < (landing?.count ?? 0);
    const began = isLanding ? (landing?.since ?? since) : since;
    const { standing = 'open' } = row[index] ?? {};
    return { entry, train, state: isLanding ? 'landing' : 'verifying', since: began, standing };
  });
  if (suspect !== undefined) {
    const { entry, train, since } = suspect.candidate;
    inFlight.push({ entry, train, state: 'verifying', since });
  }
  const { train = null, since = at, entries = [] } = building ?? {};
  const built = entries.map((entry): Place => ({ entry, train, state: 'building', since }));
  const waits = inOrder(waiting, landed).map((entry): Place => ({
    entry,
    train: null,
    state: 'waiting',
    since: entry.since,
  }));
  return [...inFlight, ...built, ...waits];
}

function viewEntry(state: QueueState, { entry, ...place }: Place, index: number, at: string): QueueViewEntry {
  return {
    run: entry.run,
    unit: entry.unit,
    state: place.state,
    since: place.since,
    place: index + 1,
    priority: entry.priority,
    reverts: entry.reverts ?? null,
    train: place.train,
    reason: reasonFor(state, { entry, ...place }, at),
    expectedAt: expectedAt(state, entry, index, at),
  };
}

function reasonFor(state: QueueState, place: Place, at: string): string {
  const { entry } = place;
  if (entry.leaving !== undefined) return explainLeaving(state, entry, entry.leaving);
  switch (place.state) {
    case 'landing':
      return 'verified; the branch is being moved';
    case 'building':
      return state.building?.on === null ? 'merged onto the tip of the branch' : 'merged onto what is in flight';
    case 'verifying':
      return explainInFlight(state, place);
    case 'waiting':
      return explainWait(state, entry, at);
  }
}

function explainLeaving({ paused }: QueueState, { stuck }: Entry, leaving: Leaving): string {
  const why = leaving.status === 'refused' ? leaving.reason : 'its unit has given up';
  const isStuck = stuck === true && paused !== null;
  return `${why}; a host looks whether it has landed${isStuck ? ', once the queue is resumed' : ''}`;
}

function explainInFlight({ line, suspect, verdicts, paused }: QueueState, { entry, standing }: Place): string {
  if (suspect?.candidate.entry === entry) {
    const { status = 'red', command = '' } = verdicts.bad[suspect.candidate.key ?? ''] ?? {};
    return `${status} (${command}): verified again, because that may be flaky; the others go on without it`;
  }
  if (line === null) return '';
  const index = line.candidates.findIndex((candidate) => candidate.entry === entry);
  const key = keyAt(line, index + 1);
  if (standing === 'bad') {
    const { status = 'red', command = '' } = verdicts.bad[key ?? ''] ?? {};
    return `${status} (${command}) with what is below it: it is being found out which change is at fault`;
  }
  if (standing === 'green') {
    if (paused !== null) return 'green; the queue is paused';
    return line.verify === 'tip' ? 'green; waits for the rest of its train' : 'green; waits for what is below it';
  }
  if (verdicts.asked.some((each) => each.key === key)) return 'is being verified';
  return line.verify === 'tip' ? 'is verified as a part of its train' : 'waits for a free verification slot';
}

function explainWait(state: QueueState, entry: Entry, at: string): string {
  const { paused } = state;
  const { hold } = entry;
  if (paused !== null && !mayGo(state, entry)) {
    return `the queue is paused by ${paused.by}${paused.reason === null ? '' : `: ${paused.reason}`}`;
  }
  if (isKeptOut(state, entry)) return `the queue drains since ${state.draining?.since ?? ''}, and takes nothing new`;
  if (isHeld(state, entry, at)) {
    switch (hold?.why) {
      case 'repair':
        return entriesOf(state, hold).length === 0
          ? `conflicts in the same files as ${nameOf(hold)}, which is being repaired`
          : `conflicts in the same files as ${nameOf(hold)}, which has been repaired and goes first`;
      case 'line':
        return 'conflicts with a candidate in flight; is built again when that has landed or left';
      case 'solo':
        return 'changes protected paths, so it lands alone, once what is in flight has landed';
      case 'red-base':
        return `red, and so is the target by itself (${state.redBase?.command ?? ''}); waits until the target has moved`;
      case undefined:
        return '';
    }
  }
  if (state.redBase !== null && state.rules.onRedBase === 'hold')
    return 'the target is red, so entries are tried one by one';
  return 'waits for its turn';
}

/** A guess from the last verifications; null if there were none, or if it waits for something else. */
function expectedAt(state: QueueState, entry: Entry, index: number, at: string): string | null {
  const { pace, rules, batch, paused } = state;
  if (pace.length === 0 || paused !== null || isHeld(state, entry, at) || isKeptOut(state, entry)) return null;
  const seconds = pace.reduce((sum, each) => sum + each, 0) / pace.length;
  const perRound = rules.verify === 'tip' ? batch * rules.parallel : rules.parallel;
  const rounds = 1 + Math.floor(index / Math.max(1, perRound));
  return new Date(Date.parse(at) + rounds * seconds * 1000).toISOString();
}

/** A suspect is shown as a train by itself, with the number of the one that it was built in. */
function suspectTrain({ suspect, ...state }: QueueState): QueueViewTrain[] {
  if (suspect === undefined) return [];
  const { candidate, target, source } = suspect;
  const line = { target, targetKey: null, base: 'green', candidates: [candidate] } as const;
  const { verify } = state.rules;
  return trainsOf({ ...line, verify, sources: { [candidate.train]: source } }, state);
}

const shownAs = { green: 'green', bad: 'red', open: 'open' } as const;

function trainsOf(line: Line, { verdicts, rules }: Pick<QueueState, 'verdicts' | 'rules'>): QueueViewTrain[] {
  const row = rowOf(line, verdicts, rules);
  const trains = [...new Set(line.candidates.map(({ train }) => train))];
  return trains.map((train) => {
    const places = line.candidates.map((candidate, index) => ({ candidate, position: index + 1 }));
    const own = places.filter(({ candidate }) => candidate.train === train);
    return {
      train,
      units: own.map(({ candidate: { entry }, position }) => ({
        run: entry.run,
        unit: entry.unit,
        verdict: shownAs[row.candidates[position - 1]?.standing ?? 'open'],
      })),
      verifications: own.flatMap(({ candidate: { key } }, index) => {
        const asked = verdicts.asked.find((each) => each.key === key);
        return asked === undefined ? [] : [{ key: asked.key, upTo: index + 1, since: asked.since }];
      }),
    };
  });
}
