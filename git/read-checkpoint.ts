// The content of a unit's checkpoint, for the host that continues with it and for people who inspect it: the work (its
// first parent is the base, its tree the snapshot) and, under `.coppice/`, the journal.

import type { Sha } from '../contracts/ids.ts';
import { failure } from '../contracts/failures.ts';
import { listTree, parentsOf, readBlobs, treeOf, treeWithout } from './tree-reader.ts';
import { isFileMode } from '../domain/repository/file-modes.ts';

/** The reserved folder at the top of every checkpoint's tree. */
export const reserved = '.coppice';

export interface Work {
  readonly base: Sha;
  /** Without `.coppice/`. */
  readonly tree: Sha;
}

export async function readWork(gitDir: string, checkpoint: Sha): Promise<Work> {
  const [base] = await parentsOf(gitDir, checkpoint);
  if (base === undefined) throw failure('GitFailed', `${checkpoint} is not a checkpoint: it has no parent`);
  return { base, tree: await treeWithout(gitDir, await treeOf(gitDir, checkpoint), reserved) };
}

/** Files under `.coppice/`, by name relative to it; all, or the `wanted` ones. */
export async function readFiles(
  gitDir: string,
  checkpoint: Sha,
  wanted: (name: string) => boolean = () => true,
): Promise<Map<string, string>> {
  const blobs = (await listTree(gitDir, checkpoint, reserved))
    .map((entry) => ({ ...entry, name: entry.path.slice(reserved.length + 1) }))
    .filter(({ mode, name }) => isFileMode(mode) && wanted(name));
  const contents = await readBlobs(
    gitDir,
    blobs.map(({ id }) => id),
  );
  return new Map(blobs.map(({ name }, index) => [name, contents[index] ?? '']));
}
