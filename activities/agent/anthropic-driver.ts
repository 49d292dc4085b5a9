// The default driver: our own loop on the vendor's SDK, many sessions in one process. Asks, checkpoints, runs the tools
// that the answer asks for, and asks again. Tools run only when the stop reason says so and the answer came whole.

import Anthropic from '@anthropic-ai/sdk';
import { CancelledFailure } from '@temporalio/activity';
import type { AgentDriver, AgentSession, AgentStop, ToolOutcome } from './contract.ts';
import type { ModelAnswer } from './ask-model.ts';
import type { SessionJournal } from './journal.ts';
import type { ToolCall, ToolResult } from '../../domain/journal.ts';
import { answerCut, budgetNearlySpent, goingInCircles } from './prompt.ts';
import { askModel } from './ask-model.ts';
import { askPersonInput, describeIssues, reportInput } from './tool-inputs.ts';
import { costOf, priceOf } from '../../domain/prices.ts';
import { idleNote, idleTurns } from './progress.ts';
import { failure } from '../../domain/failures.ts';
import { thinking } from './slice-pulse.ts';

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
/** Part of its budget after which an agent is told. */
const nearly = 0.8;

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
        const answer = await ask(client, session, idleSeconds);
        await session.turnEnded();
        const end = await react(session, answer);
        if (end !== null) return end;
      }
    },
  };
}

function stopBeforeAsking(session: AgentSession): AgentStop | null {
  const { journal, signal, spendUpToUsd, limitUsd, maxTurns, draining } = session;
  if (signal.aborted) throw new CancelledFailure('the session was cancelled');
  const said = stopSaid(journal);
  if (said !== null) return said;
  if (draining()) return { type: 'drained' };
  if (spendUpToUsd !== null && journal.costUsd >= spendUpToUsd) return { type: 'budget' };
  if (journal.turns.length >= maxTurns) return { type: 'turn-limit' };
  const idle = session.idleTurns();
  if (idle >= idleTurns.stuck) return { type: 'stuck' };
  if (idle === idleTurns.told) journal.addUserMessage(goingInCircles(idle), idleNote(journal.turns.length));
  if (limitUsd !== null && journal.costUsd >= nearly * limitUsd) {
    journal.addUserMessage(budgetNearlySpent(journal.costUsd, limitUsd), `budget:${limitUsd.toFixed(2)}`);
  }
  return null;
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

async function ask(client: Anthropic, session: AgentSession, idleSeconds: number): Promise<ModelAnswer> {
  const { journal, context, unit, config, signal, host } = session;
  session.doing(thinking);
  const question = {
    prefix: journal.fixed,
    messages: journal.messages(),
    effort: config.agent.effort,
    user: `coppice/${context.run}/${unit.id}`,
    idleSeconds,
    signal,
  };
  const answer = await askModel(client, question).catch((error: unknown) => {
    // Whoever goes on takes it from this word that the call has failed, and is not lost.
    session.doing('the model could not be asked');
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

/** Null = go on. What the agent asks a person comes last and gets no result here. */
async function runTools(session: AgentSession): Promise<AgentStop | null> {
  const { journal, signal, hurry } = session;
  const results: ToolResult[] = [];
  const calls = journal.openCalls();
  const question = openQuestion(calls);
  for (const [i, call] of calls.entries()) {
    if (signal.aborted) throw new CancelledFailure('the session was cancelled');
    if (call.id === question?.call) continue;
    const outcome = i < callsPerTurn ? await runTool(session, call) : tooManyCalls;
    // A command that was stopped has no result: the next host says so.
    if (hurry.aborted) break;
    results.push({ id: call.id, ...outcome });
  }
  if (signal.aborted) throw new CancelledFailure('the session was cancelled');
  if (results.length > 0) journal.recordResults(results);
  return hurry.aborted ? { type: 'drained' } : null;
}

const tooManyCalls: ToolOutcome = {
  output: `not run: at most ${callsPerTurn} calls in one answer`,
  isError: true,
  exitCode: null,
};

async function runTool({ tools, doing }: AgentSession, { name, input }: ToolCall): Promise<ToolOutcome> {
  doing(describeCall(name, input));
  if (name === 'ask_person') return { output: askedWrongly(input), isError: true, exitCode: null };
  if (name !== 'report') return tools.run({ name, input });
  const parsed = reportInput.safeParse(input);
  if (!parsed.success) return { output: `Error: ${describeIssues(parsed.error)}`, isError: true, exitCode: null };
  return { output: 'Reported.', isError: false, exitCode: null };
}

/** The first call that asks a person, if it does so in the right form. */
function openQuestion(calls: readonly ToolCall[]): { readonly call: string; readonly question: string } | null {
  for (const { id, name, input } of calls) {
    const parsed = name === 'ask_person' ? askPersonInput.safeParse(input) : undefined;
    if (parsed?.success) return { call: id, question: parsed.data.question };
  }
  return null;
}

function askedWrongly(input: unknown): string {
  const parsed = askPersonInput.safeParse(input);
  return parsed.success ? 'Not asked: one question at a time.' : `Error: ${describeIssues(parsed.error)}`;
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

function refuseOpenCalls({ journal }: AgentSession, output: string): void {
  const open = journal.openCalls();
  if (open.length > 0) journal.recordResults(open.map(({ id }) => ({ id, output, isError: true, exitCode: null })));
}

function describeCall(name: string, input: unknown): string {
  const fields = new Map<string, unknown>(Object.entries(input ?? {}));
  const kind = { bash: 'bash:', str_replace_based_edit_tool: 'edit:' }[name] ?? name;
  const words = [kind, fields.get('command'), fields.get('path')];
  return words.filter((word) => typeof word === 'string').join(' ');
}

function refusalText(content: ModelAnswer['content']): string {
  const words = content.flatMap((block) => (typeof block['text'] === 'string' ? [block['text']] : []));
  return words.join(' ').replaceAll(/\s+/g, ' ').slice(0, 300) || 'the model refused';
}
