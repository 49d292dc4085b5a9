// When a session stops asking its model: because of what the agent said, or because a limit is reached. Every driver
// calls this before each model call.

import { CancelledFailure } from '@temporalio/activity';
import { tokensOf } from '../../../domain/money/usage.ts';
import type { AgentSession, AgentStop } from '../drivers/contract.ts';
import type { Block } from '../../../contracts/documents/journal.ts';
import type { SessionJournal } from './journal.ts';
import { budgetNearlySpent, goingInCircles } from '../prompts/prompt.ts';
import { errorsIn } from '../prompts/planning.ts';
import { failure } from '../../../contracts/failures.ts';
import { idleNote, idleTurns } from './progress.ts';
import { nearlySpentShare } from '../../../domain/money/budget.ts';
import { lastReport } from '../tools/report.ts';
import { lastReview } from '../tools/submit-review.ts';
import { stopHeld } from '../tools/held-calls.ts';
import { submissionsOf } from './submissions.ts';
import { openQuestion } from '../tools/ask-person.ts';
import { priceOf } from '../../../domain/money/prices.ts';

/** Null = ask the model. Adds whatever the agent must be told first to the journal. */
export function stopBeforeAsking(session: AgentSession): AgentStop | null {
  const { journal, signal } = session;
  if (signal.aborted) throw new CancelledFailure('the session was cancelled');
  const said = stopSaid(journal);
  if (said !== null) return said;
  // A call that people have allowed comes before anything else.
  if (journal.heldCall() !== null) return session.draining() ? { type: 'drained' } : null;
  return journal.awaitsAnswer() ? stopAtLimit(session) : { type: 'ended', why: null };
}

/** Like `stopBeforeAsking`, for an agent that ends its turn by itself. */
export function stopWhileAtWork(session: AgentSession): AgentStop | null {
  if (session.signal.aborted) throw new CancelledFailure('the session was cancelled');
  return stopSaid(session.journal) ?? stopAtLimit(session);
}

function stopAtLimit(session: AgentSession): AgentStop | null {
  const { journal, limitUsd, maxTurns, workDeadline, draining, config } = session;
  if (draining()) return { type: 'drained' };
  if (hasUsedItsShare(session)) return { type: 'budget' };
  if (journal.turns.length >= maxTurns) return { type: 'turn-limit' };
  if (workDeadline !== null && Date.now() >= workDeadline) return { type: 'time-limit' };
  if (tokensOf(journal.totals().usage) >= (config.agent.maxTokens ?? Infinity)) return { type: 'token-limit' };
  const idle = session.idleTurns();
  if (idle >= idleTurns.stuck) return { type: 'stuck' };
  if (idle === idleTurns.told) journal.addUserMessage(goingInCircles(idle), idleNote(journal.turns.length));
  if (limitUsd !== null && journal.costUsd >= nearlySpentShare * limitUsd) {
    journal.addUserMessage(budgetNearlySpent(journal.costUsd, limitUsd), `budget:${limitUsd.toFixed(2)}`);
  }
  return null;
}

/** The unit then asks its run for another allowance; only the run knows if any is left. */
function hasUsedItsShare({ journal, spendUpToUsd, tokensUpTo, turnsUpTo, until }: AgentSession): boolean {
  return (
    journal.costUsd >= (spendUpToUsd ?? Infinity) ||
    tokensOf(journal.totals().usage) >= (tokensUpTo ?? Infinity) ||
    journal.turns.length >= (turnsUpTo ?? Infinity) ||
    Date.now() >= (until ?? Infinity)
  );
}

/** A plan that cannot be used is asked for again this often. */
const plansAskedAgain = 2;
const longestProblem = 1_000;

/** The stop that the last answer itself calls for, even if another host received it: a report, or a question. */
function stopSaid(journal: SessionJournal): AgentStop | null {
  const question = openQuestion(journal.openCalls());
  if (question !== null) return { type: 'question', ...question };
  const held = stopHeld({ journal });
  if (held !== null) return held;
  const plans = submissionsOf(journal);
  if (plans.accepted) return { type: 'ended', why: null };
  if (plans.rejected > plansAskedAgain) {
    // One before them is good.
    if (plans.warned) return { type: 'ended', why: null };
    const errors = errorsIn(plans.problem).slice(0, longestProblem);
    return { type: 'bad-plan', why: `none of its ${plans.rejected} plans can be used: ${errors}` };
  }
  const calls = journal.lastCalls();
  if (lastReview(calls) !== null) return { type: 'ended', why: null };
  const report = lastReport(calls);
  if (report !== null) {
    const { status, reason = null } = report;
    if (status === 'done') return { type: 'ended', why: reason };
    return { type: 'blocked', why: reason ?? 'the agent gave no reason' };
  }
  return null;
}

/** Checked before anything is spent, because a budget cannot be enforced without a price. */
export function assertPriced({ journal, spendUpToUsd }: AgentSession): void {
  const { model } = journal.fixed;
  if (spendUpToUsd === null || priceOf(model) !== null) return;
  throw failure('ModelUnpriced', `there is no price for the model ${model}, so the unit's budget cannot be kept`);
}

/** The model's own words for its refusal. */
export function refusalText(content: readonly Block[]): string {
  const words = content.flatMap((block) => (typeof block['text'] === 'string' ? [block['text']] : []));
  return words.join(' ').replaceAll(/\s+/g, ' ').slice(0, 300) || 'the model refused';
}
