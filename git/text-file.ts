// The text of a file of the target that says what people decide: rules, owners. If it is there and cannot be read, that
// must be told from its absence.

import { bytesOf, entryAt } from './trees.ts';
import { lookUp, readObject } from './object-reader.ts';
import { treeOf } from './tree-reader.ts';
import { folderMode, isFileMode, linkMode } from '../domain/repository/file-modes.ts';

/** The text, or why there is none: continues the name of the file. */
export type TextFile =
  | { readonly text: string; readonly problem?: never }
  | { readonly text?: never; readonly problem: string };

/** `commit` is an id, or a ref's full name. Null if there is nothing at the path. Links are not followed. */
export async function readTextFile(
  gitDir: string,
  commit: string,
  { path, most }: { readonly path: string; readonly most: { readonly bytes: number; readonly words: string } },
): Promise<TextFile | null> {
  const entry = await entryAt(gitDir, await treeOf(gitDir, commit), bytesOf(path));
  if (entry === null) return null;
  const kind = kindOf(entry.mode);
  if (kind !== null) return { problem: `is ${kind}; it must be a file` };
  const size = (await lookUp(gitDir, entry.id))?.size ?? 0;
  if (size > most.bytes) return { problem: `is larger than ${most.words}` };
  const content = (await readObject(gitDir, entry.id))?.content;
  return content === undefined ? null : decode(content);
}

function decode(content: Uint8Array): TextFile {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content) };
  } catch {
    return { problem: 'is not UTF-8' };
  }
}

function kindOf(mode: string): string | null {
  if (isFileMode(mode)) return null;
  return mode === folderMode ? 'a folder' : mode === linkMode ? 'a symbolic link' : 'a submodule';
}
