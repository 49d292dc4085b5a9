// The text of `coppice.yaml` at a commit. If it exists but cannot be read, that is an error, for clients and hosts
// alike: unreadable rules must not turn into rules that allow everything.

import { bytesOf, entryAt } from './trees.ts';
import { failure } from '../contracts/failures.ts';
import { lookUp, readObject } from './object-reader.ts';
import { maxConfigBytes } from '../formats/config-file/config-file.ts';
import { treeOf } from './tree-reader.ts';
import { folderMode, isFileMode, linkMode } from '../domain/repository/file-modes.ts';

const name = 'coppice.yaml';

/**
 * `commit` is an id, or a ref's full name. Null if there is no such file. Throws `BadConfig` for a link, a folder, a
 * submodule, a file of more than 256 KiB, or one that is not UTF-8.
 */
export async function readConfigText(gitDir: string, commit: string): Promise<string | null> {
  const entry = await entryAt(gitDir, await treeOf(gitDir, commit), bytesOf(name));
  if (entry === null) return null;
  const kind = kindOf(entry.mode);
  if (kind !== null) throw unreadable(`is ${kind}; it must be a file`);
  const size = (await lookUp(gitDir, entry.id))?.size ?? 0;
  if (size > maxConfigBytes) throw unreadable('is larger than 256 KiB');
  const content = (await readObject(gitDir, entry.id))?.content;
  return content === undefined ? null : decode(content);
}

function decode(content: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    throw unreadable('is not UTF-8');
  }
}

function kindOf(mode: string): string | null {
  if (isFileMode(mode)) return null;
  return mode === folderMode ? 'a folder' : mode === linkMode ? 'a symbolic link' : 'a submodule';
}

function unreadable(why: string): Error {
  return failure('BadConfig', `${name} on the target branch ${why}`);
}
