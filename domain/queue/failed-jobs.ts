// Jobs that have failed for good, and the queue's own pauses. Nobody knows how far a failed job came, so what it may have
// landed is looked up before its units hear anything. Pure.

import { type Building, type QueueState, type Step, chain, itself, withDecision } from './state.ts';
import { type Entry, nameOf } from './entry.ts';
import { answer } from './answers.ts';
import { freeBehindLine, giveUpBuild, refsToDrop, waitAgain } from './moves.ts';
import { reason } from '../../contracts/failures.ts';

/** What people have paused stays paused when they have lifted this. */
export function pausedByItself(state: QueueState, why: string, at: string): QueueState {
  const peoples = state.paused?.by === itself ? state.paused.before : (state.paused ?? undefined);
  const paused = { by: itself, reason: why, since: at, above: null };
  const kept = peoples === undefined ? paused : { ...paused, before: peoples };
  return withDecision({ ...state, paused: kept }, at, `paused: ${why}`);
}

/** Nobody knows whether the push has arrived: the next build finds out. */
export function afterFailedLanding(state: QueueState, message: string, at: string): Step {
  return chain(giveUpBuild(state, at), (s) => waitAfterLanding(s, message, at));
}

function waitAfterLanding(state: QueueState, message: string, at: string): Step {
  const entries = state.line?.candidates.map(({ entry }) => entry) ?? [];
  const ended = { ...state, landing: null, line: null, tip: null, drop: refsToDrop(state, null) };
  const paused = pausedByItself(freeBehindLine(ended), `landing failed: ${message.slice(0, 500)}`, at);
  return waitAgain(paused, entries, at, { taken: true, landed: 'unknown' });
}

/**
 * A build that failed for good: of several, each is tried alone; a lone one is refused. If a push may have landed it,
 * the next build looks first.
 */
export function afterFailedBuild(state: QueueState, { entries, on }: Building, message: string, at: string): Step {
  const ended = { ...state, building: null };
  const [first] = entries;
  // On the tip, it may have moved the branch itself.
  const landed = on === null ? 'unknown' : 'no';
  if (entries.length !== 1 || first === undefined) {
    const alone = entries.map((entry): Entry => ({ ...entry, alone: true }));
    return waitAgain(ended, alone, at, { landed });
  }
  const leaving = first.leaving ?? { status: 'refused', reason: reason('error', message.slice(0, 2000)) };
  if (targetIsGone.test(message)) return answer(ended, first, leaving);
  if (first.leaving !== undefined && first.uncertain === true) return cannotLook(ended, first, message, at);
  const mayHaveLanded = landed === 'unknown' || first.uncertain === true;
  return mayHaveLanded
    ? waitAgain(ended, [{ ...first, leaving, alone: true }], at, { landed: 'unknown' })
    : answer(ended, first, leaving);
}

/** There is no branch on which anything could have landed, and no retry brings it back. */
const targetIsGone = /^(?:BranchMissing|RepositoryEmpty|RepositoryUnusable): /;

/**
 * A build that only looks has failed: that is no fault of the entry, so it is not refused for having failed before.
 * People look first, and when they resume, a host does.
 */
function cannotLook(state: QueueState, entry: Entry, message: string, at: string): Step {
  const why = `it could not be found out whether ${nameOf(entry)} has landed: ${message.slice(0, 500)}`;
  const { leaving, ...rest } = entry;
  const isRefusedForThat = leaving?.status === 'refused' && leaving.reason.startsWith(reason('error', ''));
  const kept: Entry = isRefusedForThat ? rest : { ...entry, stuck: true };
  return waitAgain(pausedByItself(state, why, at), [kept], at, { landed: 'unknown' });
}
