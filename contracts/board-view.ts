// What the agents of a run tell each other, as people and agents read it. Shapes only.

import type { RunId, UnitId } from './ids.ts';

/** What people see. */
export interface BoardView {
  readonly run: RunId;
  /** Oldest first; those that everybody has heard go after a while. */
  readonly messages: readonly (HeardMessage & {
    /** Recipients that have not confirmed it. */
    readonly open: readonly UnitId[];
  })[];
  /** Messages so far. */
  readonly total: number;
  /** By key. */
  readonly notes: readonly BoardNote[];
  readonly claims: readonly BoardClaim[];
}

export interface HeardMessage {
  readonly number: number;
  /** ISO 8601. */
  readonly at: string;
  /** Null = Coppice: a unit has landed. */
  readonly from: UnitId | null;
  readonly to: readonly UnitId[];
  readonly path?: string;
  readonly text: string;
}

export interface BoardNote {
  readonly key: string;
  readonly text: string;
  readonly by: UnitId;
  /** ISO 8601. */
  readonly at: string;
}

export interface BoardClaim {
  readonly unit: UnitId;
  readonly path: string;
}
