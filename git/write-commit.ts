// Writes one commit from data: its parents, a tree to start from, and files to put over it. Ids depend only on the
// input, so writing the same commit twice gives the same id. Never touches a worktree or an index.

import type { Identity } from './identity.ts';
import type { Sha } from '../contracts/ids.ts';
import { type Entry, bytesOf, editTree } from './trees.ts';
import { writeObject, writeRef } from './object-writer.ts';
import { folderMode } from '../domain/repository/file-modes.ts';

export interface NewCommit {
  /** The local ref that keeps the commit; force-updated. Null = what is made of it next will keep it. */
  readonly ref: string | null;
  readonly parents: readonly Sha[];
  /** The tree before `files` are added; null = empty. */
  readonly tree: Sha | null;
  /** Trees to put at paths, before `files`. */
  readonly folders?: Readonly<Record<string, Sha>>;
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly message: string;
  readonly identity: Identity;
  /** Seconds since the epoch, for author and committer. */
  readonly seconds: number;
}

export async function writeCommit(gitDir: string, commit: NewCommit): Promise<Sha> {
  const { ref, parents, message, identity, seconds } = commit;
  const tree = await writeTreeOf(gitDir, commit);
  const who = `${identity.name} <${identity.email}> ${seconds} +0000`;
  const header = [`tree ${tree}`, ...parents.map((id) => `parent ${id}`), `author ${who}`, `committer ${who}`];
  const id = await writeObject(gitDir, 'commit', `${header.join('\n')}\n\n${message}`);
  if (ref !== null) await writeRef(gitDir, ref, id);
  return id;
}

async function writeTreeOf(gitDir: string, { tree, folders = {}, files = {} }: NewCommit): Promise<Sha> {
  const blobs = await Promise.all(
    Object.entries(files).map(async ([path, content]): Promise<[string, Entry]> => {
      return [bytesOf(path), { mode: '100644', id: await writeObject(gitDir, 'blob', content) }];
    }),
  );
  const trees = Object.entries(folders).map(([path, id]): [string, Entry] => [bytesOf(path), { mode: folderMode, id }]);
  if (tree !== null && blobs.length + trees.length === 0) return tree;
  return editTree(gitDir, tree, new Map([...trees, ...blobs]));
}
