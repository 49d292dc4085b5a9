// Answers each of Claude Code's model requests: with the recorded answer if an earlier process did not see it,
// otherwise with a new one within the session's limits, which is recorded and checkpointed first.

import { setTimeout as delay } from 'node:timers/promises';
import type Anthropic from '@anthropic-ai/sdk';
import type { AgentSession } from '../contract.ts';
import type { Ending } from './ending.ts';
import type { ModelAnswer } from '../anthropic/ask-model.ts';
import type { ModelRequest } from './model-socket.ts';
import type { Reply } from './answer-events.ts';
import type { Transcript } from './transcript.ts';
import type { Watchdog } from './watchdog.ts';
import { RequestRefused } from './model-socket.ts';
import { Stopped } from './ending.ts';
import { betasOf, paramsOf } from './request.ts';
import { failureType } from '../../../../contracts/failures.ts';
import { recordAnswer, userOf, whileThinking } from '../anthropic/next-answer.ts';
import { notesForProgram, withHeard } from './heard-notes.ts';
import { refusalText, stopWhileAtWork } from '../../conversation/stops.ts';
import { refuseOpenCalls } from '../../tools/run-calls.ts';
import { streamAnswer } from '../anthropic/ask-model.ts';
import { toolCalls } from '../../../../contracts/documents/journal.ts';
import { withOwnNames, withServerNames } from './own-tools.ts';

/** How long Claude Code may take to report tool results that its request already contains. */
const handOnMs = 20_000;
/** Requests in a row that the model may reject. After each one, Claude Code sends a different request, or ends. */
const refusedInARow = 3;

export interface ModelAccess {
  readonly client: Anthropic;
  readonly idleSeconds: number;
}

interface AnswerParts {
  readonly transcript: Transcript;
  readonly ending: Ending;
  readonly watchdog: Watchdog;
}

export class Answers {
  /** True if the next answer is a summary that replaces everything before it. */
  compacting = false;
  private readonly session: AgentSession;
  private readonly model: ModelAccess;
  private readonly transcript: Transcript;
  private readonly ending: Ending;
  private readonly watchdog: Watchdog;
  /** The notes that the process was given at its start: the number of them on this turn. */
  private readonly told: { readonly turn: number; readonly notes: number };
  /** True if the last recorded answer is not in the transcript: it answers the next request. */
  private owed: boolean;
  private refused = 0;
  /** The model server's error, if it rejected the last request. */
  refusal: Error | null = null;

  constructor(session: AgentSession, model: ModelAccess, { transcript, ending, watchdog }: AnswerParts) {
    const { journal } = session;
    this.session = session;
    this.model = model;
    this.transcript = transcript;
    this.ending = ending;
    this.watchdog = watchdog;
    this.told = { turn: journal.turns.length, notes: notesForProgram(journal.lastNotes).length };
    this.owed = journal.turns.length > 0 && !this.transcript.isComplete && this.lastCalls().length > 0;
  }

  async answer(request: ModelRequest): Promise<Reply> {
    const { journal, context, unit } = this.session;
    const params = paramsOf(request.body, { model: journal.fixed.model, user: userOf(context, unit) });
    try {
      await this.watchdog.during(async () => {
        if (!this.owed || this.compacting) await this.askAnew(params, request.beta);
      });
      this.owed = false;
      return this.lastAnswer();
    } catch (error) {
      if (!(error instanceof RequestRefused)) this.ending.fail(error);
      throw error;
    }
  }

  /** Call if the last answer did not reach Claude Code. */
  undelivered(): void {
    this.owed = true;
  }

  private async askAnew(params: ReturnType<typeof paramsOf>, beta: string | null): Promise<void> {
    const { session, ending } = this;
    if (!this.owed) await this.takeIn();
    if (ending.isOver) throw new Stopped();
    const stop = stopWhileAtWork(session) ?? (this.hasNews() ? 'again' : null);
    if (stop !== null) throw ending.stop(stop);
    // It would be summed up before it was answered.
    if (!this.compacting) await session.hear();
    const messages = withHeard(params.messages, session.journal);
    const answer = await this.ask({ ...params, messages }, beta);
    this.transcript.keep();
    const isSummary = this.compacting && answer.stopReason !== 'tool_use';
    recordAnswer(session, { ...answer, content: withOwnNames(answer.content) }, isSummary ? { summary: true } : {});
    // Calls of an incomplete answer do not run: the gate sees that they already have a result.
    if (answer.stopReason !== 'tool_use') refuseOpenCalls(session, 'not run: the answer was cut short');
    await session.turnEnded();
    if (answer.stopReason === 'refusal' && !isSummary) {
      throw ending.stop({ type: 'refused', why: refusalText(answer.content) });
    }
  }

  /** The request shows that the tools have ended. Their results arrive separately, so wait for them. */
  private async takeIn(): Promise<void> {
    const { journal } = this.session;
    if (journal.turns.length === 0 || this.transcript.isComplete) return;
    const ids = this.lastCalls().map(({ id }) => id);
    const deadline = Date.now() + handOnMs;
    const isIn = (): boolean => journal.openCalls().length === 0 && this.transcript.hasSeen(ids);
    while (!isIn() && Date.now() < deadline && !this.ending.isOver) await delay(5);
    if (this.ending.isOver) return;
    refuseOpenCalls(this.session, 'no result: Claude Code continued without it');
    this.transcript.keep();
  }

  private hasNews(): boolean {
    const { lastNotes, turns } = this.session.journal;
    return notesForProgram(lastNotes).length > (turns.length === this.told.turn ? this.told.notes : 0);
  }

  private async ask(params: ReturnType<typeof paramsOf>, beta: string | null): Promise<ModelAnswer> {
    const { session, model } = this;
    try {
      const answer = await whileThinking(session, (call) =>
        streamAnswer(model.client, params, { ...call, headers: betasOf(beta), idleSeconds: model.idleSeconds }),
      );
      this.refused = 0;
      this.refusal = null;
      return answer;
    } catch (error) {
      const type = failureType(error);
      if (!(error instanceof Error) || (type !== 'PromptTooLong' && type !== 'ModelRequestRejected')) throw error;
      this.refused += 1;
      this.refusal = error;
      if (this.refused < refusedInARow) throw new RequestRefused(error.message);
      if (type === 'PromptTooLong') throw this.ending.stop({ type: 'too-long' });
      throw error;
    }
  }

  private lastCalls() {
    return toolCalls(this.session.journal.turns.at(-1)?.answer ?? []);
  }

  private lastAnswer(): Reply {
    const { journal } = this.session;
    const last = journal.turns.at(-1);
    if (last === undefined) throw new Error('the model has not answered yet');
    const { turn, answer, stopReason, usage } = last;
    const content = withServerNames(answer);
    return { id: `msg_coppice_${turn}`, model: journal.fixed.model, content, stopReason, usage };
  }
}
