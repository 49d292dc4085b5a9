// A conflict, as the queue, the unit, the agent and people describe it.

import type { Sha, UnitId } from './ids.ts';

/**
 * Mostly git's own terms. `lock`: a lock file, or another that a command makes, for which the target's version was
 * taken. `markers`: conflict markers were left in a file. `moved`: the target renamed the path, and the unit may not change anything at the new one.
 */
export type ConflictKind =
  | 'contents'
  | 'add/add'
  | 'binary'
  | 'modify/delete'
  | 'rename/delete'
  | 'rename/rename'
  | 'file/directory'
  | 'distinct modes'
  | 'mode'
  | 'submodule'
  | 'lock'
  | 'markers'
  | 'moved'
  /** Other terms of git, current or future. */
  | (string & {});

export interface Conflict {
  readonly path: string;
  readonly kind: ConflictKind;
  /**
   * Why a command that makes the file again (`queue.regenerate`) has not settled the conflict: the command and the end of
   * its output, safe text, at most about 1,500 characters. Absent = no such command.
   */
  readonly said?: string;
}

/** What people see of the brief; all of it is a commit on the state remote. Texts are one safe line each. */
export interface ConflictBrief {
  readonly commit: Sha;
  /** At most 50 paths in conflict, or, of a red verification, that the unit changes; and their total number. */
  readonly paths: readonly string[];
  readonly pathCount: number;
  /** The other side, newest first: at most 5 changes of the target. `unit` null = no unit's. */
  readonly others: readonly { readonly commit: Sha; readonly subject: string; readonly unit: UnitId | null }[];
  /** The end of what the agent said last; empty = nothing. */
  readonly lastWords: string;
}
