// Answers that were cut off at their longest: no tool of theirs runs, and the agent is told, a few times.

import type { AgentSession, AgentStop } from '../contract.ts';
import type { Turn } from '../../../../contracts/documents/journal.ts';
import { answerCut } from '../../prompts/prompt.ts';
import { refuseOpenCalls } from '../../tools/run-calls.ts';

/** Answers in a row that are cut off before the session counts as ended. */
const cutsInARow = 3;

export function goOnAfterCut(session: AgentSession): AgentStop | null {
  const { journal } = session;
  refuseOpenCalls(session, 'not run: the answer was cut off');
  if (journal.turns.slice(-cutsInARow).filter(isCut).length >= cutsInARow) return { type: 'ended', why: null };
  journal.addUserMessage(answerCut(), `cut:${journal.turns.length}`);
  return null;
}

/** Nobody has told the model: its host has died, or was to stop, after the checkpoint of a cut answer. */
export function goOnAfterLostCut(session: AgentSession): AgentStop | null {
  const last = session.journal.turns.at(-1);
  return last !== undefined && isCut(last) && !session.journal.awaitsAnswer() ? goOnAfterCut(session) : null;
}

function isCut({ stopReason }: Pick<Turn, 'stopReason'>): boolean {
  return stopReason === 'max_tokens' || stopReason === 'model_context_window_exceeded';
}
