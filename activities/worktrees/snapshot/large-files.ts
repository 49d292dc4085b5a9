// Files of a change that a reviewer should know about before they are in a repository forever: new binary files, and
// files that have grown beyond a megabyte.

import type { LargeFile } from '../../../contracts/large-file.ts';
import type { Sha } from '../../../contracts/ids.ts';
import { type Entry, compareTrees, textOf } from '../../../git/trees.ts';
import { lookUp, readObject } from '../../../git/object-reader.ts';
import { isFile } from '../../../domain/repository/file-modes.ts';

const largeBytes = 1024 * 1024;
/** git treats a file as binary if its first 8,000 bytes contain a NUL. */
const lookedAtBytes = 8000;

export async function findLargeFiles(gitDir: string, from: Sha, to: Sha): Promise<LargeFile[]> {
  const found: LargeFile[] = [];
  for (const { path, from: before, to: after } of await compareTrees(gitDir, from, to)) {
    if (!isFile(after)) continue;
    const bytes = await sizeOf(gitDir, after);
    const isNew = !isFile(before);
    const isLarge = bytes > largeBytes && (isNew || (await sizeOf(gitDir, before)) <= largeBytes);
    const binary = (isNew || isLarge) && (await isBinary(gitDir, after));
    if (isLarge || (isNew && binary)) found.push({ path: textOf(path), bytes, binary });
  }
  return found;
}

async function sizeOf(gitDir: string, { id }: Entry): Promise<number> {
  return (await lookUp(gitDir, id))?.size ?? 0;
}

async function isBinary(gitDir: string, { id }: Entry): Promise<boolean> {
  const content = (await readObject(gitDir, id))?.content ?? Buffer.alloc(0);
  return content.subarray(0, lookedAtBytes).includes(0);
}
