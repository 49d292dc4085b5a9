// The default driver: our own loop on the vendor's SDK, many sessions in one process. Asks, checkpoints, runs the tools
// that the answer asks for, and asks again. Tools run only when the stop reason says so and the answer came whole.

import Anthropic from '@anthropic-ai/sdk';
import { CancelledFailure } from '@temporalio/activity';
import type { AgentDriver, AgentSession, AgentStop } from './contract.ts';
import type { ModelAnswer } from './ask-model.ts';
import type { SessionJournal } from './journal.ts';
import { answerCut, budgetNearlySpent, goingInCircles } from './prompt.ts';
import { nextAnswer } from './next-answer.ts';
import { openQuestion, refuseOpenCalls, runTools } from './run-tools.ts';
import { nearlySpentShare } from '../../domain/budget.ts';
import { priceOf } from '../../domain/prices.ts';
import { idleNote, idleTurns } from './progress.ts';
import { failure } from '../../domain/failures.ts';

export interface AnthropicSettings {
  readonly apiKey: string;
  readonly baseUrl: string | null;
  /** How long a stream may be silent before it is cut. */
  readonly idleSeconds: number;
}

/** Answers in a row that are cut off at the token limit before the session counts as ended. */
const cutsInARow = 3;

export function makeAnthropicDriver({ apiKey, baseUrl, idleSeconds }: AnthropicSettings): AgentDriver {
  // Temporal owns retries. With `authToken: null` the SDK does not look for other credentials.
  const client = new Anthropic({
    apiKey,
    authToken: null,
    maxRetries: 0,
    ...(baseUrl === null ? {} : { baseURL: baseUrl }),
  });
  return {
    async converse(session) {
      assertPriced(session);
      session.journal.closeInterrupted(openQuestion(session.journal.openCalls())?.call);
      const cut = goOnAfterLostCut(session);
      if (cut !== null) return cut;
      for (;;) {
        const stop = stopBeforeAsking(session);
        if (stop !== null) return stop;
        const answer = await nextAnswer(client, session, idleSeconds);
        if (answer === null) return { type: 'too-long' };
        await session.turnEnded();
        if (answer === 'summed up') continue;
        const end = await react(session, answer);
        if (end !== null) return end;
      }
    },
  };
}

function stopBeforeAsking(session: AgentSession): AgentStop | null {
  const { journal, signal, spendUpToUsd, limitUsd, maxTurns, workUntil, draining, config } = session;
  if (signal.aborted) throw new CancelledFailure('the session was cancelled');
  const said = stopSaid(journal);
  if (said !== null) return said;
  if (draining()) return { type: 'drained' };
  if (spendUpToUsd !== null && journal.costUsd >= spendUpToUsd) return { type: 'budget' };
  if (journal.turns.length >= maxTurns) return { type: 'turn-limit' };
  if (workUntil !== null && Date.now() >= workUntil) return { type: 'time-limit' };
  if (tokensOf(journal) >= (config.agent.maxTokens ?? Infinity)) return { type: 'token-limit' };
  const idle = session.idleTurns();
  if (idle >= idleTurns.stuck) return { type: 'stuck' };
  if (idle === idleTurns.told) journal.addUserMessage(goingInCircles(idle), idleNote(journal.turns.length));
  if (limitUsd !== null && journal.costUsd >= nearlySpentShare * limitUsd) {
    journal.addUserMessage(budgetNearlySpent(journal.costUsd, limitUsd), `budget:${limitUsd.toFixed(2)}`);
  }
  return null;
}

function tokensOf(journal: SessionJournal): number {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = journal.totals().usage;
  return inputTokens + outputTokens + cacheReadTokens + cacheWriteTokens;
}

/** What the last answer itself says, also when another host had it: it reports, asks a person, or has ended its turn. */
function stopSaid(journal: SessionJournal): AgentStop | null {
  const question = openQuestion(journal.openCalls());
  if (question !== null) return { type: 'question', ...question };
  const report = journal.lastReport();
  if (report !== null) {
    const { status, reason = null } = report;
    if (status === 'done') return { type: 'ended', why: reason };
    return { type: 'blocked', why: reason ?? 'the agent gave no reason' };
  }
  return journal.awaitsAnswer() ? null : { type: 'ended', why: null };
}

/** Before anything is spent: a budget cannot be kept without a price. */
function assertPriced({ journal, spendUpToUsd }: AgentSession): void {
  const { model } = journal.fixed;
  if (spendUpToUsd === null || priceOf(model) !== null) return;
  throw failure('ModelUnpriced', `there is no price for the model ${model}, so the unit's budget cannot be kept`);
}

/** Null = ask again. */
async function react(session: AgentSession, { stopReason, content }: ModelAnswer): Promise<AgentStop | null> {
  const { journal } = session;
  switch (stopReason) {
    case 'tool_use':
      return runTools(session);
    case 'pause_turn':
      return null;
    case 'max_tokens':
    case 'model_context_window_exceeded':
      return goOnAfterCut(session);
    case 'refusal':
      return { type: 'refused', why: refusalText(content) };
    default:
      // An unknown reason never runs a tool: what it asked for is answered, and the session goes on only if it must.
      refuseOpenCalls(session, `not run: the answer stopped for "${stopReason}"`);
      return journal.awaitsAnswer() ? null : { type: 'ended', why: null };
  }
}

function goOnAfterCut(session: AgentSession): AgentStop | null {
  const { journal } = session;
  refuseOpenCalls(session, 'not run: the answer was cut off');
  if (journal.turns.slice(-cutsInARow).filter(isCut).length >= cutsInARow) return { type: 'ended', why: null };
  journal.addUserMessage(answerCut(), `cut:${journal.turns.length}`);
  return null;
}

/** A host that died after the checkpoint of a cut answer has not told the model. */
function goOnAfterLostCut(session: AgentSession): AgentStop | null {
  const last = session.journal.turns.at(-1);
  return last !== undefined && isCut(last) && !session.journal.awaitsAnswer() ? goOnAfterCut(session) : null;
}

function isCut({ stopReason }: Pick<ModelAnswer, 'stopReason'>): boolean {
  return stopReason === 'max_tokens' || stopReason === 'model_context_window_exceeded';
}

function refusalText(content: ModelAnswer['content']): string {
  const words = content.flatMap((block) => (typeof block['text'] === 'string' ? [block['text']] : []));
  return words.join(' ').replaceAll(/\s+/g, ' ').slice(0, 300) || 'the model refused';
}
