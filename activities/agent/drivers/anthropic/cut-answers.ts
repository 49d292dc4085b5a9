// Answers cut off at their maximum length. Their tool calls do not run, and the agent is told, up to a few times in a
// row.

import type { AgentSession, AgentStop } from '../contract.ts';
import type { Turn } from '../../../../contracts/documents/journal.ts';
import { answerCut } from '../../prompts/prompt.ts';
import { refuseOpenCalls } from '../../tools/run-calls.ts';

/** Cut-off answers in a row after which the session counts as ended. */
const cutsInARow = 3;

export function goOnAfterCut(session: AgentSession): AgentStop | null {
  const { journal } = session;
  refuseOpenCalls(session, 'not run: the answer was cut off');
  if (journal.turns.slice(-cutsInARow).filter(isCut).length >= cutsInARow) return { type: 'ended', why: null };
  journal.addUserMessage(answerCut(), `cut:${journal.turns.length}`);
  return null;
}

/** For a cut-off answer whose host died or drained after the checkpoint: the model has not been told yet. */
export function goOnAfterLostCut(session: AgentSession): AgentStop | null {
  const last = session.journal.turns.at(-1);
  return last !== undefined && isCut(last) && !session.journal.awaitsAnswer() ? goOnAfterCut(session) : null;
}

function isCut({ stopReason }: Pick<Turn, 'stopReason'>): boolean {
  return stopReason === 'max_tokens' || stopReason === 'model_context_window_exceeded';
}
