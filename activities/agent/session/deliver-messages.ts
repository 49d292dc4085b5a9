// What a slice brings to its session from outside: returns from the merge queue, and messages from people.

import type { Feedback, SliceInput, PersonMessage } from '../../../contracts/activities/agent.ts';
import type { MetConflict } from '../../landing/merge/read-merge.ts';
import type { SessionJournal } from '../conversation/journal.ts';
import type { ShownConflict } from '../prompts/conflicts.ts';
import type { OtherChange } from '../../conflicts/other-changes.ts';
import type { OthersReader, UnitStore } from '../../repository/contract.ts';
import type { Sha } from '../../../contracts/ids.ts';
import { answeredBy, failedCommands, notAllowed, saidBy, unanswered, verificationFailed } from '../prompts/prompt.ts';
import { conflictMet } from '../prompts/conflicts.ts';
import { othersSide, toldOfOthers } from '../prompts/others.ts';
import { conflictsOf } from '../../../domain/queue/conflicts.ts';
import { remakeCommand } from '../../../domain/queue/lock-files.ts';

/** Rebases the work onto the queue's commit unless an earlier attempt did. Returns the conflicts either way. */
export async function rebaseOnce(
  store: UnitStore,
  journal: SessionJournal,
  feedback: Feedback | null,
): Promise<readonly MetConflict[]> {
  if (feedback === null) return [];
  const { result, onto } = feedback;
  return journal.has(feedbackKey(feedback)) ? store.conflictsMet(result, onto) : (await store.rebase(onto)).conflicts;
}

/** What a return from the queue is told with. */
export interface OtherSide {
  readonly conflicts: readonly ShownConflict[];
  /** Who changed the target meanwhile, and what for. */
  readonly others: readonly OtherChange[];
}

/**
 * The other side of what the queue returned, for an agent that has not been told yet. `before`: the unit's base until
 * `rebaseOnce` moved it.
 */
export async function readOthers(
  reader: OthersReader,
  { journal, store, feedback, conflicts, before }: Returned,
): Promise<readonly OtherChange[]> {
  if (feedback === null || journal.has(feedbackKey(feedback))) return [];
  const { onto } = feedback;
  const met = conflicts.map(({ path }) => path);
  const paths = met.length > 0 ? met : (await store.changes()).map(({ path }) => path);
  const output = feedback.kind === 'verification' ? feedback.output : '';
  return reader.otherChanges({ base: before, onto, near: { paths, output }, bounds: toldOfOthers });
}

interface Returned {
  readonly journal: SessionJournal;
  readonly store: UnitStore;
  readonly feedback: Feedback | null;
  readonly conflicts: readonly MetConflict[];
  readonly before: Sha;
}

/** Adds everything that a slice brings from outside. Each item is added once, even if several slices bring it. */
export function deliverMessages(
  journal: SessionJournal,
  { feedback, words }: Pick<SliceInput, 'feedback' | 'words'>,
  { conflicts, others }: OtherSide,
): void {
  if (feedback !== null) {
    const text = [feedbackMessage(feedback, conflicts), ...othersSide(feedback.kind, others)].join('\n');
    journal.addUserMessage(text, feedbackKey(feedback));
  }
  for (const message of words) addMessage(journal, message);
}

function addMessage(journal: SessionJournal, { id, by, text, call, decision }: PersonMessage): void {
  if (call !== null && decision?.allowed === true) journal.allow(call, { hash: decision.hash, by });
  else if (call !== null && decision !== undefined) journal.answerCall(call, notAllowed(text ?? ''), { isError: true });
  else if (call === null) journal.addUserMessage(saidBy(by, text ?? ''), id);
  else journal.answerCall(call, text === null ? unanswered() : answeredBy(by, text));
}

/** Identifies a return from the queue: the same target may reject two results of a unit. */
export function feedbackKey({ kind, onto, result }: Feedback): string {
  return `feedback:${kind}:${onto}:${result}`;
}

function feedbackMessage(feedback: Feedback, met: readonly ShownConflict[]): string {
  if (feedback.kind === 'verification') return verificationFailed(feedback);
  const known = new Set(met.map(({ path }) => path));
  const reported = conflictsOf(feedback).filter(({ path }) => !known.has(path));
  // Conflicts that only the queue found: markers in the unit's own files, and files that would land under a moved name.
  // All of the queue's conflicts if we found none.
  const others = reported
    .filter(({ kind }) => met.length === 0 || kind === 'markers' || kind === 'moved')
    .map(withoutDetails);
  return [conflictMet([...met, ...others]), ...failedCommands(conflictsOf(feedback))].join('\n\n');
}

function withoutDetails({ path, kind }: { readonly path: string; readonly kind: string }): ShownConflict {
  const marked = kind === 'contents' || kind === 'add/add';
  return { path, kind, marked, onTarget: false, onUnit: false, offered: [], remake: remakeCommand(path) };
}
