// What a worktree of a commit lacks compared with a clone by hand: files of submodules, and content in Git LFS. Often
// the reason why a setup or a check fails.

import { andMore } from '../text/shown-paths.ts';

export interface MissingContent {
  /** Paths of submodules that are not fetched; their folders are empty in a worktree. */
  readonly submodules: readonly string[];
  /** Paths of files in Git LFS; in a worktree they are pointers. */
  readonly pointers: readonly string[];
}

/** Whether a file is a pointer: git-lfs writes this line first, and never more than 1,024 bytes. */
export function isLfsPointer(text: string): boolean {
  return text.startsWith('version https://git-lfs.github.com/spec/v1\n');
}

export const largestPointer = 1024;

/** One sentence for each kind. */
export function explainMissing({ submodules, pointers }: MissingContent): string[] {
  return [
    ...(submodules.length === 0
      ? []
      : [
          `submodules that are left out, or that .gitmodules does not name, so these folders are empty: ${some(submodules)}`,
        ]),
    ...(pointers.length === 0 ? [] : [`files in Git LFS are not fetched, so these are pointers: ${some(pointers)}`]),
  ];
}

const named = 5;

function some(paths: readonly string[]): string {
  return andMore(paths, named);
}
