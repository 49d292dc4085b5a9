// One process of Claude Code, from its start to its end: what it is told, what of its doings is put on record, and when it
// is stopped.

import { setTimeout as delay } from 'node:timers/promises';
import { CancelledFailure } from '@temporalio/activity';
import type Anthropic from '@anthropic-ai/sdk';
import type { MessageCreateParamsStreaming } from '@anthropic-ai/sdk/resources/messages';
import type { AgentSdk, SdkHook, SdkMessage, SpawnOptions } from './agent-sdk.ts';
import type { AgentSession, AgentStop } from '../contract.ts';
import type { Reply } from './answer-events.ts';
import { Conversation } from './conversation.ts';
import { type ModelRequest, RequestRefused, serveModel } from './model-socket.ts';
import { SandboxedProcess, describeEnd } from './sandboxed-process.ts';
import { ToolGate } from './tool-gate.ts';
import { Transcript, mapTexts, sessionIdOf } from './transcript.ts';
import { type ProcessFolder, makeProcessFolder } from './process-folder.ts';
import { optionsFor } from './options.ts';
import { type ToolCall, ownToolPrefix, toolCalls } from '../../../domain/journal.ts';
import { failure, failureType } from '../../../domain/failures.ts';
import { goOn } from '../prompt.ts';
import { recordAnswer, userOf, whileThinking } from '../next-answer.ts';
import { refuseOpenCalls } from '../run-tools.ts';
import { resultsIn } from './tool-results.ts';
import { stopBeforeAsking, stopWhileAtWork } from '../stops.ts';
import { longestAnswerTokens, streamAnswer } from '../ask-model.ts';
import { refusalText } from '../stops.ts';

/** How long Claude Code waits for its model without a sign of life. */
const patienceMs = 20_000;
/** How long Claude Code may take to hand on what a request of its own says already. */
const handOnMs = 5_000;
/** Requests that the model finds too long, one after the other: Claude Code makes the conversation shorter once. */
const tooLongInARow = 2;

/** How it came to an end; `again`: there is something to tell it that only a new process hears. */
type End = AgentStop | 'again';

function lastCalls({ journal }: AgentSession): ToolCall[] {
  return toolCalls(journal.turns.at(-1)?.answer ?? []);
}

export interface Means {
  readonly sdk: AgentSdk;
  readonly client: Anthropic;
  readonly idleSeconds: number;
}

export class Attendance {
  private readonly session: AgentSession;
  private readonly means: Means;
  private readonly transcript: Transcript;
  private readonly gate: ToolGate;
  private readonly stopping = new AbortController();
  /** Of the session, for Claude Code. */
  private readonly id: string;
  private process: SandboxedProcess | null = null;
  /** Why the process was stopped from here. */
  private end: { readonly stop: End } | { readonly error: unknown } | null = null;
  /** What the process was told when it began: so many of the notes to this turn. */
  private readonly told: { readonly turn: number; readonly notes: number };
  /** The last answer on record is not in the transcript: it is the answer to the next request. */
  private owed: boolean;
  /** The next answer is a summary that stands in for everything before. */
  private compacting = false;
  private tooLong = 0;

  constructor(session: AgentSession, means: Means) {
    const { journal, place } = session;
    this.session = session;
    this.means = means;
    this.id = sessionIdOf(session.context.run, session.unit.id);
    this.transcript = new Transcript(journal, (text) => place.sandbox.redact(text));
    this.gate = new ToolGate(session);
    this.told = { turn: journal.turns.length, notes: journal.lastNotes.length };
    this.owed = journal.turns.length > 0 && !this.transcript.isComplete && lastCalls(session).length > 0;
  }

  async untilItEnds(): Promise<End> {
    const { place, hurry, signal } = this.session;
    const transcript = this.transcript.text;
    const folder = await makeProcessFolder(place, { id: this.id, transcript });
    const model = await serveModel(folder.socket, {
      answer: (request) => this.answer(request),
      undelivered: () => (this.owed = true),
      patienceMs,
    });
    const leave = (): void => this.finish({ stop: { type: 'drained' } });
    hurry.addEventListener('abort', leave, { once: true });
    let result: SdkMessage | null;
    try {
      if (hurry.aborted) leave();
      result = await this.converse(folder);
    } finally {
      hurry.removeEventListener('abort', leave);
      this.stopping.abort();
      await this.process?.result.catch(() => undefined);
      // An answer that is on its way is paid for: it is waited for and put on record.
      await model.close();
    }
    if (signal.aborted) throw new CancelledFailure('the session was cancelled');
    if (this.end !== null && 'error' in this.end) throw this.end.error;
    if (this.end !== null) return this.end.stop;
    return this.endedByItself(result);
  }

  /** Talks with the process until there is none; its last word on its turn, if it had one. */
  private async converse({ mounts }: ProcessFolder): Promise<SdkMessage | null> {
    const { session, means, gate, transcript, beforeCompaction } = this;
    const { place } = session;
    const spawn = (given: SpawnOptions) =>
      (this.process = new SandboxedProcess(given, { place, mounts, signal: this.stopping.signal }));
    const options = optionsFor(session, this.id, { sdk: means.sdk, gate, transcript, beforeCompaction, spawn });
    const talk = new Conversation(this.opening());
    let last: SdkMessage | null = null;
    try {
      for await (const message of means.sdk.query({ prompt: talk.input(), options })) {
        if (message.type === 'user') this.takeResults(message);
        if (message.type === 'system' && message.subtype === 'compact_boundary') this.compacting = false;
        // The tools of Coppice are connected a moment later; the call is tried again then.
        if (message.type !== 'result' || message.terminal_reason === 'tool_deferred_unavailable') continue;
        last = message;
        talk.close();
      }
    } catch (error) {
      // Stopped from here, or said already what was wrong.
      if (this.end === null && last === null) await this.explain(error);
    } finally {
      talk.close();
    }
    return last;
  }

  private takeResults(message: SdkMessage): void {
    const { journal, place } = this.session;
    const results = resultsIn(message, journal.openCalls());
    if (results.length === 0) return;
    journal.recordResults(results.map((result) => ({ ...result, output: place.sandbox.redact(result.output) })));
  }

  /** Throws what became of the process. */
  private async explain(error: unknown): Promise<never> {
    if (this.process === null)
      throw failure('DriverMissing', `Claude Code could not be started: ${String(error)}`, { cause: error });
    throw new Error(describeEnd(this.session.place, await this.process.result), { cause: error });
  }

  private endedByItself(result: SdkMessage | null): AgentStop {
    if (result === null) throw new Error('Claude Code ended without a word');
    this.transcript.keep();
    if (result.terminal_reason === 'prompt_too_long') return { type: 'too-long' };
    if (result.is_error === true) {
      const said = result.result || result.errors?.join(' ') || result.terminal_reason || result.subtype;
      throw new Error(`Claude Code ended its turn: ${said ?? 'it did not say why'}`);
    }
    return stopBeforeAsking(this.session) ?? { type: 'ended', why: null };
  }

  private readonly beforeCompaction: SdkHook = async () => {
    this.compacting = true;
    return {};
  };

  private finish(end: NonNullable<Attendance['end']>): void {
    this.end ??= end;
    this.stopping.abort();
  }

  /** What the process is told first. */
  private opening(): string {
    const { journal } = this.session;
    const notes = journal.lastNotes.map(({ text }) => text);
    const words = this.transcript.text === '' ? [journal.fixed.firstMessage, ...notes] : notes;
    return words.length === 0 ? goOn() : words.join('\n\n');
  }

  private async answer(request: ModelRequest): Promise<Reply> {
    if (!request.body.tools.some(({ name }) => name === `${ownToolPrefix}report`)) {
      throw new RequestRefused('only the conversation of the session itself is served here');
    }
    try {
      const reply = this.owed ? this.lastAnswer() : await this.nextAnswer(request);
      this.owed = false;
      return reply;
    } catch (error) {
      if (!(error instanceof RequestRefused)) this.finish({ error });
      throw error;
    }
  }

  private async nextAnswer(request: ModelRequest): Promise<Reply> {
    const { session } = this;
    await this.takeIn();
    const stop = this.end === null ? (stopWhileAtWork(session) ?? (this.hasNews() ? 'again' : null)) : null;
    if (stop !== null) this.finish({ stop });
    if (this.end !== null) throw new Error('it is stopped');
    const answer = await this.ask(request);
    this.transcript.keep();
    recordAnswer(session, answer, this.compacting ? { summary: true } : {});
    // What was cut off, or never asked for in earnest, does not run: the gate finds that it has a result.
    if (answer.stopReason !== 'tool_use') refuseOpenCalls(session, 'not run: the answer did not come to its end');
    await session.turnEnded();
    if (answer.stopReason === 'refusal') this.finish({ stop: { type: 'refused', why: refusalText(answer.content) } });
    return this.lastAnswer();
  }

  /** The request says that the tools have ended; what they said comes on another way, and is waited for. */
  private async takeIn(): Promise<void> {
    const { journal } = this.session;
    const { turns } = journal;
    if (turns.length === 0 || this.transcript.isComplete) return;
    const ids = lastCalls(this.session).map(({ id }) => id);
    const deadline = Date.now() + handOnMs;
    const isIn = (): boolean => journal.openCalls().length === 0 && this.transcript.hasSeen(ids);
    while (!isIn() && Date.now() < deadline && this.end === null) await delay(5);
    if (this.end !== null) return;
    refuseOpenCalls(this.session, 'no result: Claude Code went on without it');
    this.transcript.keep();
  }

  private hasNews(): boolean {
    const { lastNotes, turns } = this.session.journal;
    return lastNotes.length > (turns.length === this.told.turn ? this.told.notes : 0);
  }

  private async ask({ body, beta }: ModelRequest) {
    const { session, means } = this;
    const { journal, place, context, unit } = session;
    const redacted = mapTexts(body, (text) => place.sandbox.redact(text));
    const params = {
      ...redacted,
      model: journal.fixed.model,
      max_tokens: Math.min(body.max_tokens, longestAnswerTokens),
      stream: true,
      metadata: { user_id: userOf(context, unit) },
    };
    const headers = beta === null ? {} : { 'anthropic-beta': beta };
    try {
      const answer = await whileThinking(session, (call) =>
        // As Claude Code has made it, and the API will judge it.
        streamAnswer(means.client, params as unknown as MessageCreateParamsStreaming, {
          ...call,
          headers,
          idleSeconds: means.idleSeconds,
        }),
      );
      this.tooLong = 0;
      return answer;
    } catch (error) {
      if (failureType(error) !== 'PromptTooLong') throw error;
      this.tooLong += 1;
      if (this.tooLong > tooLongInARow) this.finish({ stop: { type: 'too-long' } });
      throw new RequestRefused('prompt is too long');
    }
  }

  /** The last answer on record. */
  private lastAnswer(): Reply {
    const { journal } = this.session;
    const turn = journal.turns.at(-1);
    if (turn === undefined) throw new Error('the model has not answered yet');
    const { answer, stopReason, usage } = turn;
    return { id: `msg_coppice_${turn.turn}`, model: journal.fixed.model, content: answer, stopReason, usage };
  }
}
