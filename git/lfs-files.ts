// The files of a tree that are in Git LFS: pointers, in a repository whose attributes want them converted.

import type { Sha } from '../contracts/ids.ts';
import { isFile } from '../domain/repository/file-modes.ts';
import { isLfsPointer, largestPointer } from '../domain/worktrees/missing-content.ts';
import { type PlacedEntry, listFiles } from './trees.ts';
import { lookUp } from './object-reader.ts';
import { readBlobs } from './tree-reader.ts';

/** `path`: in bytes, as trees have it. `oid`: of the content, 64 hexadecimal digits. `size`: of the content, in bytes. */
export interface LfsFile extends PlacedEntry {
  readonly oid: string;
  readonly size: number;
}

const atOnce = 500;
const remembered = 16;
const known = new Map<string, Promise<readonly LfsFile[]>>();

/** In git's order. Trees do not change, so the last answers are remembered. */
export function listLfsFiles(gitDir: string, tree: Sha): Promise<readonly LfsFile[]> {
  const key = `${gitDir}:${tree}`;
  const found = known.get(key) ?? findLfsFiles(gitDir, tree);
  if (!known.has(key) && known.size >= remembered) known.clear();
  known.set(key, found);
  found.catch(() => known.delete(key));
  return found;
}

async function findLfsFiles(gitDir: string, tree: Sha): Promise<readonly LfsFile[]> {
  const files = (await listFiles(gitDir, tree)).filter(isFile);
  const rules = files.filter(({ path }) => /(?:^|\/)\.gitattributes$/.test(path));
  const texts = await readBlobs(
    gitDir,
    rules.map(({ id }) => id),
  );
  // Without this attribute, git leaves a pointer as it is in clones too.
  if (!texts.some((text) => /\bfilter=lfs\b/.test(text))) return [];
  const found: LfsFile[] = [];
  for (let at = 0; at < files.length; at += atOnce) {
    const part = files.slice(at, at + atOnce);
    const sizes = await Promise.all(part.map(({ id }) => lookUp(gitDir, id)));
    const small = part.filter((_, i) => (sizes[i]?.size ?? Infinity) <= largestPointer);
    const contents = await readBlobs(
      gitDir,
      small.map(({ id }) => id),
    );
    for (const [i, entry] of small.entries()) {
      const pointer = readPointer(contents[i] ?? '');
      if (pointer !== null) found.push({ ...entry, ...pointer });
    }
  }
  return found;
}

function readPointer(text: string): Pick<LfsFile, 'oid' | 'size'> | null {
  if (!isLfsPointer(text)) return null;
  const [oid, size] = [/^oid sha256:([0-9a-f]{64})$/m.exec(text)?.[1], /^size (\d+)$/m.exec(text)?.[1]];
  return oid === undefined || size === undefined ? null : { oid, size: Number(size) };
}
