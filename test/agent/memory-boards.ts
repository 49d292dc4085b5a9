// Boards in memory, as the workflow decides about them, for benches without a Temporal server. All units of a run are at
// work unless the test says otherwise.

import type { Boards, HostBoards } from '../../activities/board/boards.ts';
import type { BoardCursor, LandedNotice } from '../../contracts/messages/board.ts';
import type { RunId, UnitId } from '../../contracts/ids.ts';
import type { UnitPhase } from '../../contracts/documents/report.ts';
import { type BoardState, emptyBoard } from '../../domain/board/state.ts';
import { claim } from '../../domain/board/claims.ts';
import { hasEndedPhase } from '../../domain/run/state.ts';
import { heard, unreadOf } from '../../domain/board/inbox.ts';
import { landed } from '../../domain/board/landed.ts';
import { post } from '../../domain/board/post.ts';
import { viewBoard } from '../../domain/board/view.ts';
import { writeNote } from '../../domain/board/notes.ts';

const board = '0a1b2c3d';

export class MemoryBoards implements HostBoards {
  /** By run. */
  readonly states = new Map<RunId, BoardState>();
  /** By unit; those that are not here do not exist. */
  readonly phases = new Map<UnitId, UnitPhase>();
  readonly landings: { readonly run: RunId; readonly notice: LandedNotice; readonly start: boolean }[] = [];
  readonly closed: RunId[] = [];
  now = Date.now();

  inBackground(work: Promise<unknown>): void {
    void work;
  }

  async settled(): Promise<void> {}

  state(run: RunId): BoardState {
    return this.states.get(run) ?? emptyBoard;
  }

  async unread(run: RunId, unit: UnitId, after: Parameters<Boards['unread']>[2]) {
    const state = this.states.get(run);
    return state === undefined ? null : { board, messages: unreadOf(state, unit, { board, after }) };
  }

  async post(run: RunId, message: Parameters<Boards['post']>[1]) {
    return this.step(run, (state) => post(state, message, this.now));
  }

  async writeNote(run: RunId, note: Parameters<Boards['writeNote']>[1]) {
    return this.step(run, (state) => writeNote(state, note, this.now));
  }

  async claim(run: RunId, request: Parameters<Boards['claim']>[1]) {
    return this.step(run, (state) => claim(state, request, this.now));
  }

  async view(run: RunId) {
    const state = this.states.get(run);
    return state === undefined ? null : viewBoard(run, state);
  }

  async heard(run: RunId, unit: UnitId, { number }: BoardCursor) {
    this.states.set(run, heard(this.state(run), unit, number));
  }

  async landed(run: RunId, notice: LandedNotice, { start }: { readonly start: boolean }) {
    this.landings.push({ run, notice, start });
    if (start || this.states.has(run)) this.states.set(run, landed(this.state(run), notice, this.now));
  }

  async close(run: RunId) {
    this.closed.push(run);
  }

  async reachable(_run: RunId, unit: UnitId | null) {
    const begun = [...this.phases].flatMap(([id, phase]) => (phase === 'waiting' || hasEndedPhase(phase) ? [] : [id]));
    return { begun, phase: unit === null ? null : (this.phases.get(unit) ?? null) };
  }

  private step<Answer>(run: RunId, change: (state: BoardState) => { state: BoardState; answer: Answer }): Answer {
    const { state, answer } = change(this.state(run));
    this.states.set(run, state);
    return answer;
  }
}
