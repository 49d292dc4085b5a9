// The plans that a planning session has handed in since it was last told anything: what counts of them is in the
// conversation alone, so that every host reads the same.

import type { SessionJournal } from './journal.ts';
import { acceptedSign, warnedSign } from '../prompts/planning.ts';
import { submitPlan } from '../tools/submit-plan.ts';
import { type ToolCall, toolCalls } from '../../../contracts/documents/journal.ts';

export interface Submissions {
  readonly last: ToolCall | null;
  /** Those that were no plan. */
  readonly rejected: number;
  /** Whether the agent knows what people will be warned of. */
  readonly warned: boolean;
  readonly accepted: boolean;
  /** What was wrong with the last one that was rejected. */
  readonly problem: string;
}

export function submissionsOf({ turns }: Pick<SessionJournal, 'turns'>): Submissions {
  const since = turns.findLastIndex(({ notes }) => notes.length > 0) + 1;
  const calls = turns.slice(since).flatMap(({ answer, results }) =>
    toolCalls(answer)
      .filter(({ name }) => name === submitPlan.name)
      .map((call) => ({ call, result: results.find(({ id }) => id === call.id) })),
  );
  const outputs = calls.flatMap(({ result }) => result ?? []);
  const rejected = outputs.filter(({ isError }) => isError);
  return {
    last: calls.at(-1)?.call ?? null,
    rejected: rejected.length,
    warned: outputs.some(({ isError, output }) => !isError && output.startsWith(warnedSign)),
    accepted: calls.at(-1)?.result?.output.startsWith(acceptedSign) === true,
    problem: rejected.at(-1)?.output ?? '',
  };
}
