// The text of `coppice.yaml` at a commit. What stands there and cannot be read as one is an error, for clients and hosts
// alike: rules that nobody can read must not turn into rules that allow everything.

import { bytesOf, entryAt, folderMode } from './trees.ts';
import { failure } from '../contracts/failures.ts';
import { lookUp } from './object-reader.ts';
import { readBlobs, treeOf } from './tree-reader.ts';

const name = 'coppice.yaml';

/** Bytes; the file's own limit is smaller, and has an error with a place. */
const largest = 1024 ** 2;

/**
 * `commit` is an id, or a ref's full name. Null when there is no such file. Throws `BadConfig` for a link, a folder, a
 * submodule, or a file of more than 1 MiB.
 */
export async function readConfigText(gitDir: string, commit: string): Promise<string | null> {
  const entry = await entryAt(gitDir, await treeOf(gitDir, commit), bytesOf(name));
  if (entry === null) return null;
  const kind = kindOf(entry.mode);
  if (kind !== null) throw unreadable(`is ${kind}; it must be a file`);
  const size = (await lookUp(gitDir, entry.id))?.size ?? 0;
  if (size > largest) throw unreadable('has more than 1 MiB');
  return (await readBlobs(gitDir, [entry.id]))[0] ?? null;
}

function kindOf(mode: string): string | null {
  if (mode.startsWith('100')) return null;
  return mode === folderMode ? 'a folder' : mode === '120000' ? 'a symbolic link' : 'a submodule';
}

function unreadable(why: string): Error {
  return failure('BadConfig', `${name} on the target branch ${why}`);
}
