// What the queue tells units, and what it remembers of it. Pure.

import type { Feedback } from '../../contracts/activities/agent.ts';
import type { QueueOutcome } from '../../contracts/messages/unit.ts';
import type { Sha } from '../../contracts/ids.ts';
import { conflictsOf } from './conflicts.ts';
import { type EntryId, type Entry, isOf } from './entry.ts';
import type { RevertEnd } from '../../contracts/messages/queue.ts';
import { type PastOutcome, type QueueState, type Step, unchanged } from './state.ts';
import { without } from './repairs.ts';

/** Remembered outcomes: a message that is delivered again gets the same answer. */
const rememberedOutcomes = 100;

export type Answer = QueueOutcome extends infer Outcome
  ? Outcome extends { result: Sha }
    ? Omit<Outcome, 'result'>
    : never
  : never;

/** Tells the unit of an entry that has left the queue, or leaves it now. */
export function answer(state: QueueState, entry: Entry, given: Answer): Step {
  if (entry.reverts !== undefined) return unchanged(endRevert(state, entry, entry.reverts, given));
  const { run, unit, enqueuedAt, result, priority } = entry;
  const said = saidTo(entry, given);
  const outcome: QueueOutcome = { result, ...said };
  const past: PastOutcome = { run, unit, enqueuedAt, outcome: withoutOutput(outcome) };
  const waiting = state.waiting.filter((other) => other.order !== entry.order);
  // A red verification does not end a repair.
  const repairs = said.status === 'returned' ? state.repairs : without(state.repairs, entry);
  return {
    state: {
      ...state,
      waiting,
      repairs,
      recent: [...state.recent, priority === 0 ? past : { ...past, priority }].slice(-rememberedOutcomes),
    },
    actions: [{ type: 'tell', run, unit, outcome }],
  };
}

/** Of one that leaves, only whether it has landed is news. */
function saidTo({ leaving }: Entry, given: Answer): Answer {
  return given.status === 'landed' ? given : (leaving ?? given);
}

/** Reverts whose ends are remembered. */
const rememberedReverts = 20;

/** No unit waits for a revert: people look at the queue. */
function endRevert(state: QueueState, entry: Entry, reverts: Sha, given: Answer): QueueState {
  const { run, unit, enqueuedAt: at } = entry;
  const said = saidTo(entry, given);
  const commit = said.status === 'landed' ? said.commit : null;
  const reason = said.status === 'landed' ? null : whyNot(said);
  const end: RevertEnd = { run, unit, reverts, commit, reason, at };
  const waiting = state.waiting.filter((other) => other.order !== entry.order);
  return { ...state, waiting, reverts: [...state.reverts, end].slice(-rememberedReverts) };
}

function whyNot(given: Exclude<Answer, { status: 'landed' }>): string {
  switch (given.status) {
    case 'refused':
      return given.reason;
    case 'withdrawn':
      return 'it was taken out of the queue';
    case 'consent-missing':
      return `policy asks somebody else: ${given.policy.rule}`;
    case 'not-verified':
      return 'it cannot be verified without the network, which policy does not allow';
    case 'returned':
      return given.feedback.kind === 'conflict'
        ? `later commits changed the same files: ${given.feedback.paths.slice(0, 5).join(', ')}`
        : `${given.feedback.command} fails without it`;
  }
}

/** A message about an entry that was already answered gets the same answer again. */
export function recall(state: QueueState, whose: EntryId, isIt: (past: PastOutcome) => boolean): Step | null {
  const known = state.recent.findLast((past) => isOf(past, whose) && isIt(past));
  if (known === undefined) return null;
  const { run, unit } = whose;
  return { state, actions: [{ type: 'tell', run, unit, outcome: known.outcome }] };
}

/** Keeps remembered outcomes small; otherwise the state would outgrow a payload. */
function withoutOutput(outcome: QueueOutcome): QueueOutcome {
  switch (outcome.status) {
    case 'not-verified':
      return { ...outcome, output: outcome.output.slice(-500) };
    case 'consent-missing':
      return { ...outcome, changed: fewShort(outcome.changed, (path) => path) };
    case 'returned':
      return { ...outcome, feedback: shortFeedback(outcome.feedback) };
    default:
      return outcome;
  }
}

function shortFeedback(feedback: Feedback): Feedback {
  if (feedback.kind === 'verification') return { ...feedback, output: feedback.output.slice(-500) };
  const conflicts = fewShort(conflictsOf(feedback), ({ path }) => path);
  return { ...feedback, paths: conflicts.map(({ path }) => path), conflicts };
}

function fewShort<T>(items: readonly T[], pathOf: (item: T) => string): T[] {
  return items.filter((item) => pathOf(item).length <= 300).slice(0, 5);
}
