// How results enter a queue, and leave it before they have landed. Pure.

import type { LandingSubject } from '../../contracts/activities/landing.ts';
import type { QueueMessage } from '../../contracts/messages/queue.ts';
import { type Entry, type EntryId, isOf, nameOf } from './entry.ts';
import type { QueueOutcome } from '../../contracts/messages/unit.ts';
import { type QueueState, type Step, chain, unchanged, withDecision } from './state.ts';
import { recall } from './answers.ts';
import { entriesOf, takeOut } from './moves.ts';
import { without } from './repairs.ts';

const withdrawn = { status: 'withdrawn' } as const;

export function enqueue(state: QueueState, subject: LandingSubject, at: string): Step {
  const { context, title: _, ...result } = subject;
  const whose: EntryId = { run: context.run, unit: subject.unit };
  const told = recall(
    state,
    whose,
    ({ outcome, enqueuedAt }) => outcome.result === subject.result && enqueuedAt === subject.enqueuedAt,
  );
  if (told !== null) return told;
  const own = entriesOf(state, whose);
  // One that leaves is not handed in anew by a message that comes again.
  const isSame = ({ leaving, result: known, enqueuedAt }: Entry): boolean =>
    known === subject.result && (leaving === undefined || enqueuedAt === subject.enqueuedAt);
  if (own.some(isSame)) return unchanged(state);
  const present = own.filter(({ leaving }) => leaving === undefined);
  const priority = present.at(-1)?.priority ?? priorityBefore(state, whose);
  // The unit ignores what it hears of an older result.
  const replaced = present.reduce<Step>(
    (step, old) => chain(step, (s) => takeOut(s, old, withdrawn, at)),
    unchanged(state),
  );
  return chain(replaced, (s) => {
    const entry: Entry = {
      ...result,
      run: context.run,
      priority,
      order: s.nextOrder,
      landedBefore: s.landed,
      since: at,
    };
    return unchanged({
      ...s,
      contexts: { ...s.contexts, [context.run]: context },
      waiting: [...s.waiting, entry],
      nextOrder: s.nextOrder + 1,
      // It came back from a repair: others wait for it anew.
      repairs: s.repairs.map((repair) => (isOf(repair, whose) ? { ...repair, since: at } : repair)),
    });
  });
}

/** What people have given a unit counts for the result that it comes back with, too. */
function priorityBefore({ recent }: QueueState, whose: EntryId): number {
  const last = recent.findLast((past) => isOf(past, whose));
  return last !== undefined && comesBack.has(last.outcome.status) ? (last.priority ?? 0) : 0;
}

const comesBack: ReadonlySet<QueueOutcome['status']> = new Set(['returned', 'consent-missing', 'not-verified']);

export function withdraw(
  state: QueueState,
  { run, unit, result }: Extract<QueueMessage, { type: 'withdraw' }>,
  at: string,
): Step {
  const whose = { run, unit };
  const present = entriesOf(state, whose);
  if (present.length > 0) {
    const names = present.map(nameOf).join(', ');
    return present.reduce<Step>(
      (step, entry) => chain(step, (s) => takeOut(s, entry, withdrawn, at)),
      unchanged(withDecision(state, at, `${names} was withdrawn: its unit was cancelled, or its approval taken back`)),
    );
  }
  const freed = { ...state, repairs: without(state.repairs, whose) };
  const known = recall(freed, whose, (past) => past.outcome.result === result);
  return known ?? { state: freed, actions: [{ type: 'tell', run, unit, outcome: { result, status: 'withdrawn' } }] };
}
