// What a repository needs that a sandbox does not give it by itself. Each detector is a pure function from the
// repository's files and commands to what it found; needs.ts has the list of them. A need must be true: where a file
// alone does not show that a command meets the problem, a detector is silent.

import type { ProjectFiles } from '../folder.ts';
import type { ReachedText } from './reached-texts.ts';

export interface Need {
  /** What was found, with its file; a sentence without its full stop. */
  readonly what: string;
  /** What to do about it; a whole sentence. */
  readonly hint: string;
}

export interface ProjectCommands {
  readonly setup: { readonly run: string; readonly network: boolean } | null;
  readonly verify: readonly { readonly run: string }[];
  /** `sandbox.memoryMb`: MiB that a process may map; null = no limit. */
  readonly memoryMb: number | null;
}

export interface Project {
  readonly files: ProjectFiles;
  readonly commands: ProjectCommands;
  /** The commands themselves, and the scripts that they start. */
  readonly reached: readonly ReachedText[];
}

export type Detector = (project: Project) => readonly Need[];
