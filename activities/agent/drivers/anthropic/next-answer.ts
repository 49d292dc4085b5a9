// The next answer of a session's model, and room for it: a conversation that nears the end of the model's context is made
// shorter first, in its journal, so that every host sends the same.

import type Anthropic from '@anthropic-ai/sdk';
import { CancelledFailure } from '@temporalio/activity';
import { tokensOf } from '../../../../domain/money/usage.ts';
import type { Usage } from '../../../../contracts/usage.ts';
import type { AgentSession } from '../contract.ts';
import type { Message } from '../../conversation/journal.ts';
import { type ModelAnswer, type ModelCall, askModel } from './ask-model.ts';
import type { Turn } from '../../../../contracts/documents/journal.ts';
import { askForSummary } from '../../prompts/prompt.ts';
import { contextTokens, costWith } from '../../../../domain/money/prices.ts';
import { failureType } from '../../../../contracts/failures.ts';

/** Part of the model's context after which a conversation is made shorter. */
const fullAt = 0.7;
/** Bytes of old results that make it short enough for a while; about a tenth of the context. */
const worthClearing = 80_000;

/**
 * The next answer, journalled; or a summary, which is a turn of its own; null when the conversation has become too long
 * and cannot be made shorter.
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

/** False when the model wrote nothing down: then what it knows is still only in the conversation. */
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
      effort: config.agent.effort,
      user: userOf(context, unit),
      idleSeconds,
    }),
  );
}

/** Who asks, for a gateway that tells sessions apart. */
export function userOf({ run }: AgentSession['context'], { id }: AgentSession['unit']): string {
  return `coppice/${run}/${id}`;
}

/** One call to the model, whatever it says: what `status` shows meanwhile, what a cut answer costs, how a cancel ends. */
export async function whileThinking(
  session: AgentSession,
  call: (parts: Pick<ModelCall, 'signal' | 'onCut'>) => Promise<ModelAnswer>,
): Promise<ModelAnswer> {
  const { journal, signal } = session;
  session.modelCall('begun');
  const onCut = (usage: Usage): void => journal.chargeLostCall(costWith(journal.fixed.model, usage));
  return call({ signal, onCut }).catch((error: unknown) => {
    if (signal.aborted) throw new CancelledFailure('the session was cancelled');
    // The next attempt learns from this that the call is not lost.
    session.modelCall('failed');
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
    // An answer without content cannot be sent back.
    answer: answer.content.length === 0 ? [{ type: 'text', text: '(no answer)' }] : answer.content,
    stopReason: answer.stopReason,
    usage: answer.usage,
    costUsd: costWith(journal.fixed.model, answer.usage),
    ...kind,
  });
}

/** What comes next has less room than a summary and the answer after it need. */
function isNearlyFull(last: Turn | undefined): boolean {
  if (last === undefined || last.summary === true || last.clearsBefore !== undefined) return false;
  return tokensOf(last.usage) > fullAt * contextTokens;
}

/** The user has the last word in what is sent, and says this, too. */
function withRequest(messages: readonly Message[], words: string): Message[] {
  const last = messages.at(-1);
  const block = { type: 'text', text: words };
  if (last?.role !== 'user') return [...messages, { role: 'user', content: [block] }];
  return [...messages.slice(0, -1), { role: 'user', content: [...last.content, block] }];
}
