// What the agents of a run have told each other: data only, and its limits. The other files here say how it changes. The
// whole of it goes through continue-as-new in one payload, so everything is bounded.

import type { BoardClaim } from '../../contracts/messages/board.ts';
import type { Sha, UnitId } from '../../contracts/ids.ts';

export interface BoardState {
  /** Number of the next message. */
  readonly next: number;
  /** Oldest first. */
  readonly messages: readonly StoredMessage[];
  readonly notes: readonly StoredNote[];
  readonly claims: readonly BoardClaim[];
  /** In the order of their last writing. */
  readonly writers: readonly Writer[];
  readonly exchanges: readonly Exchange[];
  /** Commits of the last landings that were told: a host may tell one twice. */
  readonly landings: readonly Sha[];
}

/** Times are milliseconds since the epoch. */
export interface StoredMessage {
  readonly number: number;
  readonly at: number;
  /** Null = Coppice. */
  readonly from: UnitId | null;
  readonly to: readonly UnitId[];
  /** Recipients that have not confirmed it. */
  readonly open: readonly UnitId[];
  readonly path?: string;
  readonly text: string;
  /** Bytes of it in a payload, at most. */
  readonly size: number;
}

export interface StoredNote {
  readonly key: string;
  readonly text: string;
  readonly by: UnitId;
  readonly at: number;
  /** Its author is at work, and alone may change it. */
  readonly held: boolean;
}

export interface Writer {
  readonly unit: UnitId;
  /** All that the unit has written: messages, notes and claims. */
  readonly count: number;
  /** When it wrote within the last minute. */
  readonly recent: readonly number[];
}

/** Messages between two units since the last change of either worktree. */
export interface Exchange {
  /** In the order of their names. */
  readonly units: readonly [UnitId, UnitId];
  /** Each unit's worktree at its last message. */
  readonly trees: Readonly<Record<string, Sha>>;
  readonly last: UnitId;
  /** How often the word has passed from one to the other, the first message included. */
  readonly turns: number;
}

export const emptyBoard: BoardState = {
  next: 1,
  messages: [],
  notes: [],
  claims: [],
  writers: [],
  exchanges: [],
  landings: [],
};

/** Together well below the 2 MiB of a payload. Sizes in bytes. */
export const room = {
  /** Messages that somebody has yet to hear. */
  openBytes: 400_000,
  /** Messages that everybody has heard, kept for people. */
  heardBytes: 128_000,
  recipients: 50,
  /** Unread messages of one unit, and those of them from one sender. */
  inbox: 20,
  inboxFromOne: 5,
  /** Unread notices of landings of one unit: the oldest go. */
  landings: 10,
  notes: 100,
  notesOfOne: 20,
  claims: 300,
  claimsOfOne: 40,
  writers: 1_000,
  exchanges: 300,
  landingsKnown: 200,
} as const;

export const pace = {
  /** Everything that a unit may write: in a minute, and in all. */
  perMinute: 10,
  inAll: 150,
  /** How often the word may pass between two units while neither changes a file. */
  turns: 3,
} as const;
