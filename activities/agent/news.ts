// What comes to a session from outside with a slice: what the merge queue sent back, and what people said.

import type { Feedback, SliceInput, Word } from '../../domain/activity-contracts.ts';
import type { SessionJournal } from './journal.ts';
import type { UnitStore } from '../git/contract.ts';
import { answeredBy, conflictMet, saidBy, unanswered, verificationFailed } from './prompt.ts';

/** Puts the work onto the commit that the queue met, unless an earlier attempt did; answers the conflicting paths. */
export async function rebaseOnce(
  store: UnitStore,
  journal: SessionJournal,
  feedback: Feedback | null,
): Promise<readonly string[]> {
  if (feedback === null || journal.has(feedbackKey(feedback))) return [];
  return (await store.rebase(feedback.onto)).conflicts;
}

/** Everything that a slice brings from outside, each once, however many slices bring it. */
export function takeNews(
  journal: SessionJournal,
  { feedback, words }: Pick<SliceInput, 'feedback' | 'words'>,
  conflicts: readonly string[],
): void {
  if (feedback !== null) journal.addUserMessage(feedbackMessage(feedback, conflicts), feedbackKey(feedback));
  for (const word of words) hear(journal, word);
}

function hear(journal: SessionJournal, { id, by, text, call }: Word): void {
  if (call === null) journal.addUserMessage(saidBy(by, text ?? ''), id);
  else journal.answerCall(call, text === null ? unanswered() : answeredBy(by, text));
}

function feedbackKey({ kind, onto }: Feedback): string {
  return `feedback:${kind}:${onto}`;
}

function feedbackMessage(feedback: Feedback, conflicts: readonly string[]): string {
  return feedback.kind === 'conflict'
    ? conflictMet(conflicts.length === 0 ? feedback.paths : conflicts)
    : verificationFailed(feedback.command, feedback.output);
}
