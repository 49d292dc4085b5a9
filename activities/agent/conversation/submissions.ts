// The plans that a planning session has handed in since people last sent one back: what counts of them is in the
// conversation alone, so that every host reads the same.

import type { SessionJournal } from './journal.ts';
import { acceptedSign, rejectedSign, warnedSign } from '../prompts/planning.ts';
import { submitPlan } from '../tools/submit-plan.ts';
import { type ToolCall, toolCalls } from '../../../contracts/documents/journal.ts';

export interface Submissions {
  /** In order. */
  readonly calls: readonly ToolCall[];
  /** Those that could not be used; a call that was interrupted is none of them. */
  readonly rejected: number;
  /** Whether the agent knows what people will be warned of. */
  readonly warned: boolean;
  readonly accepted: boolean;
  /** What was wrong with the last one that was rejected. */
  readonly problem: string;
}

export function submissionsOf({ turns }: Pick<SessionJournal, 'turns'>): Submissions {
  const since = turns.findLastIndex(({ notes }) => notes.some(({ key }) => isDecision(key))) + 1;
  const recent = turns.slice(since);
  const calls = recent.flatMap(({ turn, answer, results }) =>
    toolCalls(answer)
      .filter(({ name }) => name === submitPlan.name)
      .map((call) => ({ call, turn, result: results.find(({ id }) => id === call.id) })),
  );
  const outputs = calls.flatMap(({ result }) => result ?? []);
  const rejected = outputs.filter(({ output }) => output.startsWith(rejectedSign));
  const last = calls.at(-1);
  const isAccepted = last?.result?.output.startsWith(acceptedSign) === true;
  // An agent that has heard of somebody since may want another plan.
  const hasHeard = recent.some(({ turn, notes }) => turn >= (last?.turn ?? 0) && notes.length > 0);
  return {
    calls: calls.map(({ call }) => call),
    rejected: rejected.length,
    warned: outputs.some(({ isError, output }) => !isError && output.startsWith(warnedSign)),
    accepted: isAccepted && !hasHeard,
    problem: rejected.at(-1)?.output ?? '',
  };
}

/** A person has sent the plan before back: the note has the approval's id. */
function isDecision(key: string): boolean {
  return /:approval:\d+$/.test(key);
}
