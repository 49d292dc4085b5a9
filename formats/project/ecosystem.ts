// The types of the table of ecosystems. A choice is a command and the file that indicates it; of a list of choices, the
// first whose condition holds is taken.

import type { Condition, Folder } from './folder.ts';

export interface Choice {
  readonly when: Condition;
  /** Null = nothing to do in this case. */
  readonly run: string | ((folder: Folder) => string) | null;
  /** Its name in reports; absent = the command itself. */
  readonly name?: string;
  /** The file that indicates it; absent = the manifest. */
  readonly from?: string;
}

export interface Ecosystem {
  /** Base names of the files that make a folder one of its projects. */
  readonly manifest: RegExp;
  /** Prepares a worktree, always with the network. Each list is one command. */
  readonly setup: readonly (readonly Choice[])[];
  /** Compiles the project's own sources, after all projects are prepared. */
  readonly compile?: readonly Choice[];
  /** Variables of every command, so that its downloads and caches are in `deps`. */
  readonly env?: (folder: Folder) => Readonly<Record<string, string>>;
  /** Each list is one command. */
  readonly verify: readonly (readonly Choice[])[];
  /** Only used if nothing else says how to verify. */
  readonly lastResort?: boolean;
}

/**
 * Downloads and caches are kept in this folder of the worktree: the home folder of a sandboxed command is gone when the
 * command ends.
 */
export const deps = '$WORKTREE/.deps';

/** Makes the folder. It ignores itself in git, so that it never becomes part of a unit's work. */
export const makeDeps = "mkdir -p .deps && echo '*' > .deps/.gitignore";
