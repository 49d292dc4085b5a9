// A project's instructions for agents, read from the commit that the unit starts from.

import type { Sha } from '../../../contracts/ids.ts';
import type { TargetReader } from '../../repository/contract.ts';
import { ambiguousNames, readGlobs } from '../../../formats/globs/path-globs.ts';
import { compareText } from '../../../domain/text/compare.ts';

export interface Instructions {
  /** The texts by path, in the order in which they are quoted. */
  readonly quoted: Readonly<Record<string, string>>;
  /** Paths that match as well, and whose text would be too much. */
  readonly unquoted: readonly string[];
}

/** Characters in all, except that the first file is always quoted. */
const longest = 256 * 1024;

/** Files that `patterns` name or match, each once, whatever links lead to it. Paths that do not exist are skipped. */
export async function readInstructions(
  repository: Pick<TargetReader, 'readFile' | 'listPaths'>,
  base: Sha,
  patterns: readonly string[],
): Promise<Instructions> {
  const quoted: Record<string, string> = {};
  const unquoted: string[] = [];
  const seen = new Set<string>();
  let length = 0;
  for (const path of await pathsOf(repository, base, patterns)) {
    const file = await repository.readFile(base, path);
    if (file === null || seen.has(file.path)) continue;
    seen.add(file.path);
    length += file.text.length;
    if (length > longest && seen.size > 1) unquoted.push(path);
    else quoted[path] = file.text;
  }
  return { quoted, unquoted };
}

async function pathsOf(
  repository: Pick<TargetReader, 'listPaths'>,
  base: Sha,
  patterns: readonly string[],
): Promise<string[]> {
  // Most are plain names, and then nothing has to be listed.
  if (!patterns.some(isGlob)) return [...patterns];
  const there = (await repository.listPaths(base)).toSorted(compareText);
  const names = ambiguousNames(there);
  return patterns.flatMap((glob) => (isGlob(glob) ? there.filter(readGlobs([glob], names).surely) : [glob]));
}

function isGlob(pattern: string): boolean {
  return /[*?[{\\]/.test(pattern);
}
