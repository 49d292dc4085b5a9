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
  return new Map(records(stdout).map(readLines));
}

/** The same, added up. */
export async function sizeOfChange(gitDir: string, from: Sha, to: Sha): Promise<ChangeSize> {
  return sumOf([...(await countLines(gitDir, from, to)).values()]);
}

/** The same for many changes, in order, with one program. `from` and `to` are trees. */
export async function sizesOfChanges(
  gitDir: string,
  changes: readonly { readonly from: Sha; readonly to: Sha }[],
): Promise<ChangeSize[]> {
  if (changes.length === 0) return [];
  const input = changes.map(({ from, to }) => `${from} ${to}\n`).join('');
  const args = ['diff-tree', '--stdin', '-r', ...plainDiff, '--numstat', '-z'];
  const { stdout } = await runGit(gitDir, args, { input, maxBytes });
  return readSections(stdout.toString('utf8')).map(sumOf);
}

/** Each pair of trees is repeated as a line, and its records follow. A path may look like such a line. */
function readSections(text: string): ChangedLines[][] {
  const sections: ChangedLines[][] = [];
  const pair = /[0-9a-f]{40,64} [0-9a-f]{40,64}\n/y;
  for (let at = 0; at < text.length;) {
    pair.lastIndex = at;
    const found = pair.exec(text);
    const end = found === null ? text.indexOf('\0', at) + 1 : at + found[0].length;
    if (found === null) sections.at(-1)?.push(readLines(text.slice(at, end - 1))[1]);
    else sections.push([]);
    at = end;
  }
  return sections;
}

/** Reads a record of `--numstat -z`. */
function readLines(record: string): [path: string, lines: ChangedLines] {
  const [added = '', deleted = '', ...path] = record.split('\t');
  return [path.join('\t'), { additions: toLines(added), deletions: toLines(deleted) }];
}

export function sumOf(lines: readonly ChangedLines[]): ChangeSize {
  const sum = (of: keyof ChangedLines): number => lines.reduce((total, each) => total + (each[of] ?? 0), 0);
  return { files: lines.length, additions: sum('additions'), deletions: sum('deletions') };
}

/** git writes `-` for binary files. */
function toLines(text: string): number | null {
  return text === '-' ? null : Number(text);
}
