// One process of Claude Code, from start to end: its first message, what is recorded of it, how long it may be idle,
// and what its end means for the session.

import { CancelledFailure } from '@temporalio/activity';
import type { AgentSdk, SdkHook, SdkMessage, SpawnOptions } from './agent-sdk.ts';
import type { AgentSession } from '../contract.ts';
import type { ModelAccess } from './answers.ts';
import type { ProcessFolder } from './process-folder.ts';
import { Answers } from './answers.ts';
import { Conversation } from './conversation.ts';
import { type End, Ending } from './ending.ts';
import { SandboxedProcess } from './sandboxed-process.ts';
import { ToolGate } from './tool-gate.ts';
import { Transcript } from './transcript.ts';
import { Watchdog } from './watchdog.ts';
import { endedFromOutside, continueWork } from '../../prompts/prompt.ts';
import { hasChanged } from '../../tools/held-calls.ts';
import { notesForProgram } from './heard-notes.ts';
import { failure, failureType } from '../../../../contracts/failures.ts';
import { makeProcessFolder } from './process-folder.ts';
import { optionsFor, sessionIdOf } from './options.ts';
import { readableOutput } from '../../../sandbox/readable-output.ts';
import { resultsIn } from './tool-results.ts';
import { serveModel } from './model-socket.ts';
import { stopBeforeAsking } from '../../conversation/stops.ts';

/** How often Claude Code gets a sign of life while it waits for its model. */
const patienceMs = 20_000;
/** Reasons for the end of a turn that mean that the conversation is too long. */
const tooLong = new Set(['prompt_too_long', 'blocking_limit', 'rapid_refill_breaker']);

export class ClaudeCodeProcess {
  private readonly session: AgentSession;
  private readonly sdk: AgentSdk;
  private readonly transcript: Transcript;
  private readonly gate: ToolGate;
  private readonly answers: Answers;
  private readonly watchdog: Watchdog;
  private readonly ending = new Ending();
  private process: SandboxedProcess | null = null;
  /** What ended the process from outside; the agent is told. */
  private endedBy: string | null = null;
  /** The process's final message about its turn. */
  private result: SdkMessage | null = null;

  constructor(session: AgentSession, sdk: AgentSdk, model: ModelAccess) {
    const { journal, place } = session;
    this.session = session;
    this.sdk = sdk;
    this.transcript = new Transcript(journal, (text) => place.sandbox.redact(text));
    this.gate = new ToolGate(session);
    this.watchdog = new Watchdog(session, this.ending);
    const { transcript, ending, watchdog } = this;
    this.answers = new Answers(session, model, { transcript, ending, watchdog });
  }

  async untilItEnds(): Promise<End> {
    const { session, ending, answers, watchdog } = this;
    const { place, leaveNow, signal } = session;
    const folder = await makeProcessFolder(place, sessionIdOf(session), this.transcript.text);
    const model = await serveModel(folder.socket, {
      answer: (request) => answers.answer(request),
      undelivered: () => answers.undelivered(),
      redact: (text) => place.sandbox.redact(text),
      patienceMs,
    });
    const leave = (): void => void ending.stop({ type: 'drained' });
    leaveNow.addEventListener('abort', leave, { once: true });
    try {
      if (leaveNow.aborted) leave();
      watchdog.begin();
      await this.converse(folder);
    } finally {
      leaveNow.removeEventListener('abort', leave);
      watchdog.end();
      ending.finish();
      await this.process?.result.catch(() => undefined);
      // An answer in flight is paid for, so wait for it and record it.
      await model.close();
    }
    if (signal.aborted) throw new CancelledFailure('the session was cancelled');
    return ending.result() ?? this.ended();
  }

  /** Exchanges messages with the process until it ends. */
  private async converse(folder: ProcessFolder): Promise<void> {
    const { session, sdk, gate, transcript, ending, beforeCompaction } = this;
    const { place } = session;
    const talk = new Conversation(this.opening());
    const spawn = (options: SpawnOptions): SandboxedProcess =>
      (this.process = new SandboxedProcess(options, { place, folder, signal: ending.signal }));
    const options = optionsFor(session, { sdk, gate, transcript, beforeCompaction, spawn });
    try {
      for await (const message of sdk.query({ prompt: talk.input(), options })) {
        if (this.take(message)) talk.close();
      }
    } catch (error) {
      if (!ending.isOver && this.result === null) await this.explain(error, folder);
    } finally {
      talk.close();
    }
  }

  /** Records a message. Returns true if it is the process's last. */
  private take(message: SdkMessage): boolean {
    const { session, answers } = this;
    const { journal, place } = session;
    if (message.type === 'user') {
      const results = resultsIn(message, journal.openCalls());
      const safe = results.map((result) => ({ ...result, output: place.sandbox.redact(result.output) }));
      if (safe.length > 0) journal.recordResults(safe);
    }
    if (message.type === 'system') {
      if (message.subtype === 'compact_boundary' || message.compact_result !== undefined) answers.compacting = false;
      if (message.subtype === 'mirror_error') this.ending.fail(new Error('the transcript of Claude Code was not kept'));
    }
    // The tools of Coppice connect a moment later; Claude Code then repeats the call.
    if (message.type !== 'result' || message.terminal_reason === 'tool_deferred_unavailable') return false;
    this.result = message;
    this.watchdog.lastWord();
    return true;
  }

  /** The process ended without a last message. Throws the reason, unless the agent can do something about it. */
  private async explain(error: unknown, folder: ProcessFolder): Promise<void> {
    const { journal, place } = this.session;
    if (this.process === null)
      throw failure('DriverMissing', `Claude Code could not be started: ${String(error)}`, { cause: error });
    const result = await this.process.result;
    const turn = journal.turns.length;
    const endedBy = this.process.endedBy ?? (result.status === 'killed' ? result.signal : null);
    if (endedBy !== null && !journal.has(`ended:${turn}`) && turn > 0) {
      this.endedBy = endedBy;
      return;
    }
    const how = result.status === 'exited' ? `with exit code ${result.exitCode}` : `(${result.status})`;
    const said = readableOutput(place.sandbox, await folder.errors(), 600);
    throw new Error(`Claude Code ended ${how}: ${said || 'it said nothing'}`, { cause: error });
  }

  private ended(): End {
    const { result, transcript, session, endedBy } = this;
    if (endedBy !== null) {
      // Only here, because an answer in flight becomes a turn of its own.
      const { journal } = session;
      journal.addUserMessage(endedFromOutside(endedBy), `ended:${journal.turns.length}`);
      return 'again';
    }
    if (result === null) throw new Error('Claude Code ended without a word');
    if (result.is_error === true) {
      const { refusal } = this.answers;
      if (tooLong.has(result.terminal_reason ?? '') || failureType(refusal) === 'PromptTooLong')
        return { type: 'too-long' };
      if (refusal !== null) throw refusal;
      const said = result.result || result.errors?.join(' ') || result.terminal_reason || result.subtype || '';
      throw new Error(`Claude Code ended its turn: ${readableOutput(session.place.sandbox, Buffer.from(said), 600)}`);
    }
    transcript.keep();
    const held = session.journal.heldCall();
    if (held?.held.allowed !== undefined) {
      session.journal.answerCall(held.id, hasChanged.output, { isError: true });
      return 'again';
    }
    return stopBeforeAsking(session) ?? { type: 'ended', why: null };
  }

  /** The first message to the process. */
  private opening(): string {
    const { journal } = this.session;
    const notes = notesForProgram(journal.lastNotes).map(({ text }) => text);
    const words = this.transcript.text === '' ? [journal.fixed.firstMessage, ...notes] : notes;
    return words.length === 0 ? continueWork() : words.join('\n\n');
  }

  private readonly beforeCompaction: SdkHook = async () => {
    this.answers.compacting = true;
    return {};
  };
}
