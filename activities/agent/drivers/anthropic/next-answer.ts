// Gets the model's next answer. A conversation that nears the end of the model's context is shortened first, in its
// journal, so that every host sends the same.

import type Anthropic from '@anthropic-ai/sdk';
import { CancelledFailure } from '@temporalio/activity';
import { tokensOf } from '../../../../domain/money/usage.ts';
import type { Usage } from '../../../../contracts/usage.ts';
import type { AgentSession } from '../contract.ts';
import type { Message } from '../../conversation/journal.ts';
import { type ModelAnswer, type ModelCall, askModel, offeredTools } from './ask-model.ts';
import { toolsOf } from '../../tools/list.ts';
import type { Turn } from '../../../../contracts/documents/journal.ts';
import { askForSummary } from '../../prompts/prompt.ts';
import { contextTokens, costWith } from '../../../../domain/money/prices.ts';
import { failureType } from '../../../../contracts/failures.ts';

/** Share of the model's context above which a conversation is shortened. */
const fullAt = 0.7;
/** Bytes of old results that are worth clearing; about a tenth of the context. */
const worthClearing = 80_000;

/**
 * Returns the next answer, already in the journal, or 'summed up' after a turn that is a summary. Null = the
 * conversation is too long and cannot be shortened.
 */
export async function nextAnswer(
  client: Anthropic,
  session: AgentSession,
  idleSeconds: number,
): Promise<ModelAnswer | 'summed up' | null> {
  const { journal } = session;
  const call = () => askOnce(client, session, idleSeconds);
  try {
    if (isNearlyFull(journal.turns.at(-1))) {
      if (journal.clearableBytes() > worthClearing) journal.clearResults();
      else if (await sumUp(client, session, idleSeconds)) return 'summed up';
    }
    return await call();
  } catch (error) {
    if (failureType(error) !== 'PromptTooLong') throw error;
    if (journal.clearableBytes() === 0) return null;
    journal.clearResults();
  }
  return call().catch((error: unknown) => {
    if (failureType(error) === 'PromptTooLong') return null;
    throw error;
  });
}

async function askOnce(client: Anthropic, session: AgentSession, idleSeconds: number): Promise<ModelAnswer> {
  const { journal } = session;
  const answer = await put(client, session, { idleSeconds, messages: journal.messages() });
  recordAnswer(session, answer);
  return answer;
}

/** False if the model wrote no summary: then its knowledge is still only in the conversation. */
async function sumUp(client: Anthropic, session: AgentSession, idleSeconds: number): Promise<boolean> {
  const { journal } = session;
  const answer = await put(client, session, {
    idleSeconds,
    messages: withRequest(journal.messages(), askForSummary()),
  });
  const words = answer.content.some(({ text }) => typeof text === 'string' && text.trim() !== '');
  if (words && answer.stopReason !== 'refusal') {
    recordAnswer(session, answer, { summary: true });
    return true;
  }
  journal.chargeLostCall(costWith(journal.fixed.model, answer.usage));
  journal.clearResults();
  return false;
}

interface Put {
  readonly idleSeconds: number;
  readonly messages: readonly Message[];
}

async function put(client: Anthropic, session: AgentSession, { idleSeconds, messages }: Put): Promise<ModelAnswer> {
  const { journal, context, unit, config } = session;
  return whileThinking(session, (call) =>
    askModel(client, {
      ...call,
      prefix: journal.fixed,
      messages,
      tools: offeredTools(toolsOf(session)),
      effort: config.agent.effort,
      user: userOf(context, unit),
      idleSeconds,
    }),
  );
}

/** Identifies the session to a gateway. */
export function userOf({ run }: AgentSession['context'], { id }: AgentSession['unit']): string {
  return `coppice/${run}/${id}`;
}

/**
 * Makes one call to the model: shows it in `status`, charges a cut-off answer, and turns a cancel into
 * `CancelledFailure`.
 */
export async function whileThinking(
  session: AgentSession,
  call: (parts: Pick<ModelCall, 'signal' | 'onCut'>) => Promise<ModelAnswer>,
): Promise<ModelAnswer> {
  const { journal, signal } = session;
  await session.modelCallBegins();
  const onCut = (usage: Usage): void => journal.chargeLostCall(costWith(journal.fixed.model, usage));
  return call({ signal, onCut }).catch((error: unknown) => {
    if (signal.aborted) throw new CancelledFailure('the session was cancelled');
    // Tells the next attempt that the call was not lost.
    session.modelCallFailed();
    throw error;
  });
}

export function recordAnswer(
  { journal, host }: AgentSession,
  answer: ModelAnswer,
  kind: { readonly summary?: true } = {},
): void {
  journal.recordAnswer({
    at: new Date().toISOString(),
    host,
    // The API does not accept an answer without content.
    answer: answer.content.length === 0 ? [{ type: 'text', text: '(no answer)' }] : answer.content,
    stopReason: answer.stopReason,
    usage: answer.usage,
    costUsd: costWith(journal.fixed.model, answer.usage),
    ...kind,
  });
}

/** True if a summary and the answer after it may no longer fit. */
function isNearlyFull(last: Turn | undefined): boolean {
  if (last === undefined || last.summary === true || last.clearsBefore !== undefined) return false;
  return tokensOf(last.usage) > fullAt * contextTokens;
}

/** Appends `words` to the last user message, or as a new one. */
function withRequest(messages: readonly Message[], words: string): Message[] {
  const last = messages.at(-1);
  const block = { type: 'text', text: words };
  if (last?.role !== 'user') return [...messages, { role: 'user', content: [block] }];
  return [...messages.slice(0, -1), { role: 'user', content: [...last.content, block] }];
}
