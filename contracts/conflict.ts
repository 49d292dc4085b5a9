// A conflict, as the queue, the unit and the agent describe it.

/**
 * Mostly git's own terms. `lock`: a lock file, for which the target's version was taken. `markers`: conflict markers
 * were left in a file. `moved`: the target renamed the path, and the unit may not change anything at the new one.
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
