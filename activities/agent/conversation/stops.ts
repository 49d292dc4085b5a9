// When a session stops asking its model: what the agent has said, and what it may use up. Every driver looks
// here before each call.

import { CancelledFailure } from '@temporalio/activity';
import { tokensOf } from '../../../domain/money/usage.ts';
import type { AgentSession, AgentStop } from '../drivers/contract.ts';
import type { Block } from '../../../contracts/documents/journal.ts';
import type { SessionJournal } from './journal.ts';
import { budgetNearlySpent, goingInCircles } from '../prompts/prompt.ts';
import { failure } from '../../../contracts/failures.ts';
import { idleNote, idleTurns } from './progress.ts';
import { nearlySpentShare } from '../../../domain/money/budget.ts';
import { lastReport } from '../tools/report.ts';
import { openQuestion } from '../tools/ask-person.ts';
import { priceOf } from '../../../domain/money/prices.ts';

/** Null = ask the model; anything that the agent must be told first has been added to the journal. */
export function stopBeforeAsking(session: AgentSession): AgentStop | null {
  const { journal, signal } = session;
  if (signal.aborted) throw new CancelledFailure('the session was cancelled');
  return stopSaid(journal) ?? (journal.awaitsAnswer() ? stopAtLimit(session) : { type: 'ended', why: null });
}

/** As `stopBeforeAsking`, for an agent that says by itself when it has ended its turn. */
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

/** The unit asks its run for another one, and the run knows whether there is one. */
function hasUsedItsShare({ journal, spendUpToUsd, tokensUpTo, turnsUpTo, until }: AgentSession): boolean {
  return (
    journal.costUsd >= (spendUpToUsd ?? Infinity) ||
    tokensOf(journal.totals().usage) >= (tokensUpTo ?? Infinity) ||
    journal.turns.length >= (turnsUpTo ?? Infinity) ||
    Date.now() >= (until ?? Infinity)
  );
}

/** What the last answer itself says, also when another host had it: it reports, or asks a person. */
function stopSaid(journal: SessionJournal): AgentStop | null {
  const question = openQuestion(journal.openCalls());
  if (question !== null) return { type: 'question', ...question };
  const report = lastReport(journal.lastCalls());
  if (report !== null) {
    const { status, reason = null } = report;
    if (status === 'done') return { type: 'ended', why: reason };
    return { type: 'blocked', why: reason ?? 'the agent gave no reason' };
  }
  return null;
}

/** Before anything is spent: a budget cannot be kept without a price. */
export function assertPriced({ journal, spendUpToUsd }: AgentSession): void {
  const { model } = journal.fixed;
  if (spendUpToUsd === null || priceOf(model) !== null) return;
  throw failure('ModelUnpriced', `there is no price for the model ${model}, so the unit's budget cannot be kept`);
}

/** Why, in its own words. */
export function refusalText(content: readonly Block[]): string {
  const words = content.flatMap((block) => (typeof block['text'] === 'string' ? [block['text']] : []));
  return words.join(' ').replaceAll(/\s+/g, ' ').slice(0, 300) || 'the model refused';
}
