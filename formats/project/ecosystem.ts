// What the table of ecosystems is made of: choices, of which the first that holds is taken. A choice is a command and the
// file that speaks for it.

import type { Condition, Folder } from './folder.ts';

export interface Choice {
  readonly when: Condition;
  /** Null = nothing is to be done then. */
  readonly run: string | ((folder: Folder) => string) | null;
  /** What reports call it; absent = the command itself. */
  readonly name?: string;
  /** The file that it was found from; absent = the manifest. */
  readonly from?: string;
}

export interface Ecosystem {
  /** Base names of the files that make a folder one of its projects. */
  readonly manifest: RegExp;
  /** Prepares a worktree, always with the network. */
  readonly setup: readonly Choice[];
  /** Each list is one command. */
  readonly verify: readonly (readonly Choice[])[];
  /** Only where nothing else says how to verify. */
  readonly lastResort?: boolean;
}

/**
 * A setup command that keeps what it downloads below `.deps` of the worktree: the home folder of a sandboxed command is
 * gone when the command ends. The folder ignores itself, so that it is never part of anybody's work.
 */
export function keeping(command: string): string {
  return `mkdir -p .deps && echo '*' > .deps/.gitignore && ${command}`;
}
