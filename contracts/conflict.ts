// A conflict as the queue, the unit and the agent speak of it.

/**
 * Mostly git's own words. `lock`: a lock file, of which the target's version was taken. `markers`: somebody left them.
 * `moved`: the target has renamed what was there, and the unit may not change anything where it would land.
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
  /** Other words of git, now or later. */
  | (string & {});

export interface Conflict {
  readonly path: string;
  readonly kind: ConflictKind;
}
