// The default driver: our own loop on the vendor's SDK, many sessions in one process. Asks, checkpoints, runs the tools
// that the answer asks for, and asks again. Tools run only when the stop reason says so and the answer came whole.

import Anthropic from '@anthropic-ai/sdk';
import { CancelledFailure } from '@temporalio/activity';
import type { AgentDriver, AgentSession, AgentStop } from './contract.ts';
import type { ModelAnswer } from './ask-model.ts';
import type { ToolResult } from '../../domain/journal.ts';
import { answerCut, goingInCircles } from './prompt.ts';
import { askModel } from './ask-model.ts';
import { costOf, priceOf } from '../../domain/prices.ts';
import { idleNote, idleTurns } from './progress.ts';
import { failure } from '../../domain/failures.ts';

export interface AnthropicSettings {
  readonly apiKey: string;
  readonly baseUrl: string | null;
  /** How long a stream may be silent before it is cut. */
  readonly idleSeconds: number;
}

/** Of one answer; the rest is answered with an error. */
const callsPerTurn = 50;
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
      session.journal.closeInterrupted();
      const cut = goOnAfterLostCut(session);
      if (cut !== null) return cut;
      for (;;) {
        const stop = stopBeforeAsking(session);
        if (stop !== null) return stop;
        const answer = await ask(client, session, idleSeconds);
        await session.turnEnded();
        const end = await react(session, answer);
        if (end !== null) return end;
      }
    },
  };
}

function stopBeforeAsking(session: AgentSession): AgentStop | null {
  const { journal, signal, spendUpToUsd, maxTurns, draining } = session;
  if (signal.aborted) throw new CancelledFailure('the session was cancelled');
  if (!journal.awaitsAnswer()) return 'ended';
  if (draining()) return 'drained';
  if (spendUpToUsd !== null && journal.costUsd >= spendUpToUsd) return 'budget';
  if (journal.turns.length >= maxTurns) return 'turn-limit';
  const idle = session.idleTurns();
  if (idle >= idleTurns.stuck) return 'stuck';
  if (idle === idleTurns.told) journal.addUserMessage(goingInCircles(idle), idleNote(journal.turns.length));
  return null;
}

async function ask(client: Anthropic, session: AgentSession, idleSeconds: number): Promise<ModelAnswer> {
  const { journal, context, unit, config, signal, host } = session;
  session.doing('thinking');
  const question = {
    prefix: journal.fixed,
    messages: journal.messages(),
    effort: config.agent.effort,
    user: `coppice/${context.run}/${unit.id}`,
    idleSeconds,
    signal,
  };
  const answer = await askModel(client, question).catch((error: unknown) => {
    throw signal.aborted ? new CancelledFailure('the session was cancelled') : error;
  });
  const price = priceOf(journal.fixed.model);
  journal.recordAnswer({
    at: new Date().toISOString(),
    host,
    // An answer without content cannot be sent back.
    answer: answer.content.length === 0 ? [{ type: 'text', text: '(no answer)' }] : answer.content,
    stopReason: answer.stopReason,
    usage: answer.usage,
    costUsd: price === null ? 0 : costOf(answer.usage, price),
  });
  return answer;
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
      await runTools(session);
      return null;
    case 'pause_turn':
      return null;
    case 'max_tokens':
    case 'model_context_window_exceeded':
      return goOnAfterCut(session);
    case 'refusal':
      return { refused: refusalText(content) };
    default:
      // An unknown reason never runs a tool: what it asked for is answered, and the session goes on only if it must.
      refuseOpenCalls(session, `not run: the answer stopped for "${stopReason}"`);
      return journal.awaitsAnswer() ? null : 'ended';
  }
}

async function runTools(session: AgentSession): Promise<void> {
  const { journal, tools, signal } = session;
  const results: ToolResult[] = [];
  for (const [i, { id, name, input }] of journal.openCalls().entries()) {
    if (signal.aborted) throw new CancelledFailure('the session was cancelled');
    if (i >= callsPerTurn) {
      const output = `not run: at most ${callsPerTurn} calls in one answer`;
      results.push({ id, output, isError: true, exitCode: null });
      continue;
    }
    session.doing(describeCall(name, input));
    results.push({ id, ...(await tools.run({ name, input })) });
  }
  if (signal.aborted) throw new CancelledFailure('the session was cancelled');
  journal.recordResults(results);
}

function goOnAfterCut(session: AgentSession): AgentStop | null {
  const { journal } = session;
  refuseOpenCalls(session, 'not run: the answer was cut off');
  if (journal.turns.slice(-cutsInARow).filter(isCut).length >= cutsInARow) return 'ended';
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

function refuseOpenCalls({ journal }: AgentSession, output: string): void {
  const open = journal.openCalls();
  if (open.length > 0) journal.recordResults(open.map(({ id }) => ({ id, output, isError: true, exitCode: null })));
}

function describeCall(name: string, input: unknown): string {
  const fields = new Map<string, unknown>(Object.entries(input ?? {}));
  const words = [name === 'bash' ? 'bash:' : 'edit:', fields.get('command'), fields.get('path')];
  return words.filter((word) => typeof word === 'string').join(' ');
}

function refusalText(content: ModelAnswer['content']): string {
  const words = content.flatMap((block) => (typeof block['text'] === 'string' ? [block['text']] : []));
  return words.join(' ').replaceAll(/\s+/g, ' ').slice(0, 300) || 'the model refused';
}
