// What people see of a change before they agree to it.

/** Safe text, without the host's secrets; paths are as git has them. */
export interface ChangePreview {
  /** The end of what the agent said last; empty = nothing. */
  readonly words: string;
  /** At most 20 of the changed files, in the order of the paths; null lines = binary. */
  readonly files: readonly {
    readonly path: string;
    readonly additions: number | null;
    readonly deletions: number | null;
  }[];
  /** The first lines of the patch; empty in lists. */
  readonly diff: string;
  /** The checks that passed in the unit's worktree. */
  readonly checks: readonly string[];
  /** What the unit has cost so far. */
  readonly costUsd: number;
}
