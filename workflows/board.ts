// A run's board: what its agents tell each other. The first writing starts it, the end of the run closes it. It decides
// nothing itself (domain/board/), and calls for nothing but a slow look at its run, which may have been terminated.

import type { RunId } from '../contracts/ids.ts';
import {
  allHandlersFinished,
  condition,
  continueAsNew,
  isCancellation,
  setCurrentDetails,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import {
  boardViewQuery,
  claimUpdate,
  closeBoardSignal,
  heardUpdate,
  landedSignal,
  noteUpdate,
  postUpdate,
  unreadQuery,
} from '../contracts/messages/board.ts';
import { type BoardState, emptyBoard } from '../domain/board/state.ts';
import { boardDetails } from './pages/board.ts';
import { claim } from '../domain/board/claims.ts';
import { heard, leave, unitsOn, unreadOf } from '../domain/board/inbox.ts';
import { landed } from '../domain/board/landed.ts';
import { lookAtRun } from './activities.ts';
import { post } from '../domain/board/post.ts';
import { viewBoard } from '../domain/board/view.ts';
import { writeNote } from '../domain/board/notes.ts';

export interface BoardInput {
  readonly run: RunId;
  /** Set by continue-as-new. */
  readonly resumed?: BoardState;
}

/** How often it looks at its run; a board without news waits twice as long each time. */
const firstLookMs = 10 * 60_000;
const longestLookMs = 6 * 60 * 60_000;

export async function boardWorkflow(input: BoardInput): Promise<void> {
  const board = new Board(input);
  setHandler(unreadQuery, ({ unit, after }) => {
    const name = nameOfBoard();
    return { board: name, messages: unreadOf(board.state, unit, { board: name, after }) };
  });
  setHandler(boardViewQuery, () => viewBoard(input.run, board.state));
  setHandler(postUpdate, (message) => board.step((state, now) => post(state, message, now)));
  setHandler(noteUpdate, (note) => board.step((state, now) => writeNote(state, note, now)));
  setHandler(claimUpdate, (request) => board.step((state, now) => claim(state, request, now)));
  setHandler(landedSignal, (notice) => board.take((state) => landed(state, notice, Date.now())));
  setHandler(heardUpdate, ({ unit, board: name, number }) => {
    // A session may know an earlier board, whose numbers are others.
    if (name === nameOfBoard()) board.take((state) => heard(state, unit, number));
    return null;
  });
  setHandler(closeBoardSignal, () => board.close());
  void board.watch().catch((error: unknown) => {
    if (!isCancellation(error)) throw error;
  });
  board.show();
  await condition(() => board.isClosed || isLong());
  await condition(allHandlersFinished);
  if (!board.isClosed) await continueAsNew<typeof boardWorkflow>({ ...input, resumed: board.state });
}

/**
 * Long before the server suggests it: a message that comes while it continues as new makes the worker replay all of it, and
 * agents wait for that.
 */
const longest = 1_000;

function isLong(): boolean {
  const { historyLength, continueAsNewSuggested } = workflowInfo();
  return historyLength >= longest || continueAsNewSuggested;
}

/** The same for all executions of a board, and another one if it is started anew. */
function nameOfBoard(): string {
  return workflowInfo().firstExecutionRunId.slice(0, 8);
}

class Board {
  state: BoardState;
  isClosed = false;
  private readonly run: RunId;
  private steps = 0;

  constructor({ run, resumed }: BoardInput) {
    this.run = run;
    this.state = resumed ?? emptyBoard;
  }

  take(change: (state: BoardState) => BoardState): void {
    this.state = change(this.state);
    this.steps += 1;
    this.show();
  }

  step<Answer>(
    change: (state: BoardState, now: number) => { readonly state: BoardState; readonly answer: Answer },
  ): Answer {
    const { state, answer } = change(this.state, Date.now());
    this.take(() => state);
    return answer;
  }

  close(): void {
    this.isClosed = true;
  }

  show(): void {
    setCurrentDetails(boardDetails(this.run, this.state));
  }

  async watch(): Promise<void> {
    for (let ms = firstLookMs; !this.isClosed;) {
      const seen = this.steps;
      await sleep(ms, { summary: 'look whether the run goes on' });
      ms = this.steps === seen ? Math.min(2 * ms, longestLookMs) : firstLookMs;
      const summary = 'look at the run and its units';
      const asked = { run: this.run, units: unitsOn(this.state) };
      // It looks again later.
      const look = await lookAtRun.executeWithOptions({ summary }, [asked]).catch((error: unknown) => {
        if (isCancellation(error)) throw error;
        return null;
      });
      if (look === null) continue;
      if (!look.open) this.close();
      this.state = look.ended.reduce(leave, this.state);
    }
  }
}
