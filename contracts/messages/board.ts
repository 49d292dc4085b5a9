// The messages of a run's board, whose id is `run:<run>:board`: what agents of one run tell each other. Hosts talk to it
// for their sessions. The first thing that is written starts it.

import type { BoardClaim, BoardView, HeardMessage } from '../board-view.ts';
import type { Sha, UnitId } from '../ids.ts';
import { query, signal, update } from '../define.ts';

export type { BoardClaim, BoardNote, BoardView, HeardMessage } from '../board-view.ts';

export const boardWorkflowType = 'boardWorkflow';

/** Limits that agents are told. Sizes are bytes of UTF-8. */
export const boardLimits = { textBytes: 2_048, keyCharacters: 100, pathCharacters: 200, pathsAtOnce: 20 } as const;

/** Who writes, stamped by the host. */
export interface BoardAuthor {
  readonly unit: UnitId;
  /** The worktree of the sender as last kept: whether it has changed since its last message. */
  readonly tree: Sha;
}

export interface BoardPost {
  readonly from: BoardAuthor;
  /** Recipients that the host found in the plan. */
  readonly to: readonly UnitId[];
  /** A path that the message is about: units that have claimed it hear it too. Absent = it is about none. */
  readonly path?: string;
  readonly text: string;
}

/** `message` and `notes` are for the agent. */
export type PostAnswer =
  | {
      readonly accepted: true;
      readonly number: number;
      readonly to: readonly UnitId[];
      /** Recipients that do not get it, and why. */
      readonly notes: readonly string[];
    }
  | BoardRefusal;

export interface BoardRefusal {
  readonly accepted: false;
  readonly message: string;
}

export const postUpdate = update<PostAnswer, [BoardPost]>('post');

/** An empty text removes the note. */
export interface NoteWrite {
  readonly from: BoardAuthor;
  readonly key: string;
  readonly text: string;
}

export type NoteAnswer = { readonly accepted: true } | BoardRefusal;

export const noteUpdate = update<NoteAnswer, [NoteWrite]>('note');

export interface ClaimRequest {
  readonly from: BoardAuthor;
  /** Files and folders of the repository. */
  readonly paths: readonly string[];
  /** Gives them back. */
  readonly release?: true;
}

/** `others`: claims of other units that overlap with these paths. */
export type ClaimAnswer = { readonly accepted: true; readonly others: readonly BoardClaim[] } | BoardRefusal;

export const claimUpdate = update<ClaimAnswer, [ClaimRequest]>('claim');

/** Host → board: a unit has landed. */
export interface LandedNotice {
  readonly unit: UnitId;
  readonly commit: Sha;
  readonly title: string;
  /** At most 50 of the changed files, and their number. */
  readonly files: readonly string[];
  readonly fileCount: number;
  /** Units that it concerns by the plan; those that have claimed one of the files are added. */
  readonly to: readonly UnitId[];
}

export const landedSignal = signal<[LandedNotice]>('landed');

/**
 * Session → board: a checkpoint holds what the unit was told up to this message. An update, although nobody waits for the
 * answer: a signal that comes while the board continues as new makes its worker replay all of it.
 */
export const heardUpdate = update<null, [{ readonly unit: UnitId } & BoardCursor]>('heard');

/** The run has ended. */
export const closeBoardSignal = signal('close');

/** The last message that a journal holds. */
export interface BoardCursor {
  /** Names the board: one that is started anew counts from 1 again. */
  readonly board: string;
  readonly number: number;
}

export interface UnreadMessages {
  readonly board: string;
  /** Oldest first. What does not fit comes with the next request. */
  readonly messages: readonly HeardMessage[];
}

export const unreadQuery = query<UnreadMessages, [{ readonly unit: UnitId; readonly after: BoardCursor | null }]>(
  'unread',
);

export const boardViewQuery = query<BoardView>('view');
