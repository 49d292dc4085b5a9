// Counts the lines that a change adds and removes: from git objects only, without the repository's own configuration
// (no external diff, no text conversion). A rename is a deletion and an addition.

import type { ChangeSize } from '../contracts/change-size.ts';
import type { Sha } from '../contracts/ids.ts';
import { records } from './tree-reader.ts';
import { runGit } from './run-git.ts';

/** Options of `git diff-tree` that leave the repository's configuration out. */
export const plainDiff = ['--no-renames', '--no-ext-diff', '--no-textconv', '--no-color'];

/** Null for binary files. */
export interface ChangedLines {
  readonly additions: number | null;
  readonly deletions: number | null;
}

/** Enough for millions of paths. */
const maxBytes = 256 * 1024 * 1024;

/** By path; `from` and `to` are commits or trees. Throws GitError. */
export async function countLines(gitDir: string, from: Sha, to: Sha): Promise<ReadonlyMap<string, ChangedLines>> {
  const { stdout } = await runGit(gitDir, ['diff-tree', '-r', ...plainDiff, '--numstat', '-z', from, to], { maxBytes });
  return new Map(
    records(stdout).map((record) => {
      const [added = '', deleted = '', ...path] = record.split('\t');
      return [path.join('\t'), { additions: toLines(added), deletions: toLines(deleted) }];
    }),
  );
}

/** The same, added up. */
export async function sizeOfChange(gitDir: string, from: Sha, to: Sha): Promise<ChangeSize> {
  return sumOf([...(await countLines(gitDir, from, to)).values()]);
}

export function sumOf(lines: readonly ChangedLines[]): ChangeSize {
  const sum = (of: keyof ChangedLines): number => lines.reduce((total, each) => total + (each[of] ?? 0), 0);
  return { files: lines.length, additions: sum('additions'), deletions: sum('deletions') };
}

/** git writes `-` for binary files. */
function toLines(text: string): number | null {
  return text === '-' ? null : Number(text);
}
