// How a host reaches the boards of runs. What is asked before a request to a model must not hold that up: it has a short
// limit, and while the server does not answer it is not asked every time.

import { randomUUID } from 'node:crypto';
import { type Client, WithStartWorkflowOperation, WorkflowNotFoundError } from '@temporalio/client';
import { type UpdateDefinition, WorkflowIdConflictPolicy, WorkflowIdReusePolicy } from '@temporalio/common';
import type {
  BoardCursor,
  BoardPost,
  BoardView,
  ClaimAnswer,
  ClaimRequest,
  LandedNotice,
  NoteAnswer,
  NoteWrite,
  PostAnswer,
  UnreadMessages,
} from '../../contracts/messages/board.ts';
import {
  boardViewQuery,
  boardWorkflowType,
  claimUpdate,
  closeBoardSignal,
  heardUpdate,
  landedSignal,
  noteUpdate,
  postUpdate,
  unreadQuery,
} from '../../contracts/messages/board.ts';
import { type Reachable, reachableQuery } from '../../contracts/messages/run.ts';
import { type RunId, type UnitId, boardWorkflowId, runWorkflowId } from '../../contracts/ids.ts';
import { answerWithin } from './answer-within.ts';
import { boardStart } from '../../domain/board/start.ts';
import { Lanes } from './lanes.ts';
import { Patience } from './patience.ts';
import { untilReady } from '../control/until-ready.ts';

/** All of them but `unread` throw if the server does not answer. */
export interface Boards {
  /**
   * What a unit has not heard. Null = nothing is known: there is no board, or it does not answer within 200 ms. Never
   * throws.
   */
  unread(run: RunId, unit: UnitId, after: BoardCursor | null): Promise<UnreadMessages | null>;
  post(run: RunId, message: BoardPost): Promise<PostAnswer>;
  writeNote(run: RunId, note: NoteWrite): Promise<NoteAnswer>;
  claim(run: RunId, request: ClaimRequest): Promise<ClaimAnswer>;
  /** Null = there is no board. */
  view(run: RunId): Promise<BoardView | null>;
  /** A checkpoint holds what the unit was told. */
  heard(run: RunId, unit: UnitId, upTo: BoardCursor): Promise<void>;
  /** With `start`, a board is started if there is none. */
  landed(run: RunId, notice: LandedNotice, how: { readonly start: boolean }): Promise<void>;
  /** The run has ended. */
  close(run: RunId): Promise<void>;
  reachable(run: RunId, unit: UnitId | null): Promise<Reachable>;
}

/** Before a request to a model, and when an agent waits for the answer. */
const aside = 200;
const awaited = 10_000;
/** Of one host. */
const updatesAtOnce = 4;
const confirmationsAtOnce = 2;

export interface HostBoards extends Boards {
  /** Work for a board that nobody waits for. */
  inBackground(work: Promise<unknown>): void;
  /**
   * Resolves once all background calls have ended. Closing the connection earlier makes the client throw where nothing can
   * catch it.
   */
  settled(): Promise<void>;
}

export function makeBoards(client: Client): HostBoards {
  const patience = new Patience();
  const within = <Answer>(ms: number, call: () => Promise<Answer>): Promise<Answer> =>
    client.connection.withDeadline(Date.now() + ms, call);
  const lanes = new Lanes(updatesAtOnce);
  const asideLanes = new Lanes(confirmationsAtOnce);
  const onTheirWay = new Set<Promise<unknown>>();
  const tracked = <Answer>(call: Promise<Answer>): Promise<Answer> => {
    onTheirWay.add(call);
    const gone = (): boolean => onTheirWay.delete(call);
    call.then(gone, gone);
    return call;
  };
  const notify = (send: () => Promise<unknown>): Promise<void> =>
    tracked(within(awaited, send).then(() => undefined, nothingIfAbsent));
  const boardOf = (run: RunId) => client.workflow.getHandle(boardWorkflowId(run));
  const startOf = (run: RunId) =>
    new WithStartWorkflowOperation(boardWorkflowType, {
      ...boardStart(run),
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
    });
  /** Starts the board if there is none. */
  const write = <Answer, Request>(
    run: RunId,
    update: UpdateDefinition<Answer, [Request]>,
    request: Request,
  ): Promise<Answer> => {
    // A repeated request is recognised.
    const updateId = randomUUID();
    const once = (): Promise<Answer> =>
      client.workflow.executeUpdateWithStart(update, {
        startWorkflowOperation: startOf(run),
        args: [request],
        updateId,
      });
    return within(awaited, () => untilReady(() => lanes.run(once)));
  };
  return {
    async unread(run, unit, after) {
      if (!patience.mayAsk(Date.now())) return null;
      try {
        const ask = () => within(aside, () => boardOf(run).query(unreadQuery, { unit, after }));
        const answer = await answerWithin(aside, (signal) => tracked(client.connection.withAbortSignal(signal, ask)));
        patience.answered();
        return answer;
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) patience.answered();
        else patience.failed(Date.now());
        return null;
      }
    },
    post: (run, message) => write(run, postUpdate, message),
    writeNote: (run, note) => write(run, noteUpdate, note),
    claim: (run, request) => write(run, claimUpdate, request),
    view: (run) => within(awaited, () => boardOf(run).query(boardViewQuery)).catch(nullIfAbsent),
    heard(run, unit, upTo) {
      const updateId = randomUUID();
      const once = () => boardOf(run).executeUpdate(heardUpdate, { args: [{ unit, ...upTo }], updateId });
      return notify(() => untilReady(() => asideLanes.run(once)));
    },
    landed(run, notice, { start }) {
      if (!start) return notify(() => boardOf(run).signal(landedSignal, notice));
      const options = { ...boardStart(run), signal: landedSignal, signalArgs: [notice] as [LandedNotice] };
      return notify(() => client.workflow.signalWithStart(boardWorkflowType, options));
    },
    close: (run) => notify(() => boardOf(run).signal(closeBoardSignal)),
    reachable: (run, unit) =>
      within(awaited, () => client.workflow.getHandle(runWorkflowId(run)).query(reachableQuery, unit)),
    inBackground: (work) => void tracked(work),
    async settled() {
      // The end of one may be the beginning of another.
      while (onTheirWay.size > 0) await Promise.allSettled(onTheirWay);
    },
  };
}

function nothingIfAbsent(error: unknown): void {
  if (!(error instanceof WorkflowNotFoundError)) throw error;
}

function nullIfAbsent(error: unknown): null {
  if (error instanceof WorkflowNotFoundError) return null;
  throw error;
}
