// What comes to a session from outside with a slice: what the merge queue sent back, and what people said.

import type { Feedback, SliceInput, PersonMessage } from '../../../contracts/activities/agent.ts';
import type { MetConflict } from '../../landing/merge/read-merge.ts';
import type { SessionJournal } from '../conversation/journal.ts';
import type { ShownConflict } from '../prompts/conflicts.ts';
import type { UnitStore } from '../../repository/contract.ts';
import { answeredBy, saidBy, unanswered, verificationFailed } from '../prompts/prompt.ts';
import { conflictMet } from '../prompts/conflicts.ts';
import { conflictsOf } from '../../../domain/queue/conflicts.ts';
import { remakeCommand } from '../../../domain/queue/lock-files.ts';

/** Rebases the work onto the queue's commit unless an earlier attempt did; returns the conflicts in both cases. */
export async function rebaseOnce(
  store: UnitStore,
  journal: SessionJournal,
  feedback: Feedback | null,
): Promise<readonly MetConflict[]> {
  if (feedback === null) return [];
  if (!journal.has(feedbackKey(feedback))) return (await store.rebase(feedback.onto)).conflicts;
  const { kind, result, onto } = feedback;
  return kind === 'conflict' ? store.conflictsMet(result, onto) : [];
}

/** Everything that a slice brings from outside, each once, however many slices bring it. */
export function deliverMessages(
  journal: SessionJournal,
  { feedback, words }: Pick<SliceInput, 'feedback' | 'words'>,
  conflicts: readonly ShownConflict[],
): void {
  if (feedback !== null) journal.addUserMessage(feedbackMessage(feedback, conflicts), feedbackKey(feedback));
  for (const message of words) addMessage(journal, message);
}

function addMessage(journal: SessionJournal, { id, by, text, call }: PersonMessage): void {
  if (call === null) journal.addUserMessage(saidBy(by, text ?? ''), id);
  else journal.answerCall(call, text === null ? unanswered() : answeredBy(by, text));
}

/** Names what was sent back, and why: the same target may say no to two results of a unit. */
export function feedbackKey({ kind, onto, result }: Feedback): string {
  return `feedback:${kind}:${onto}:${result}`;
}

function feedbackMessage(feedback: Feedback, met: readonly ShownConflict[]): string {
  if (feedback.kind === 'verification') return verificationFailed(feedback);
  const known = new Set(met.map(({ path }) => path));
  const reported = conflictsOf(feedback).filter(({ path }) => !known.has(path));
  // What the queue has met and the merge here has not: markers in the unit's own files, and where they would land. Without any details of ours, all.
  const others = reported
    .filter(({ kind }) => met.length === 0 || kind === 'markers' || kind === 'moved')
    .map(withoutDetails);
  return conflictMet([...met, ...others]);
}

function withoutDetails({ path, kind }: { readonly path: string; readonly kind: string }): ShownConflict {
  const marked = kind === 'contents' || kind === 'add/add';
  return { path, kind, marked, onTarget: false, onUnit: false, offered: [], remake: remakeCommand(path) };
}
