// The CODEOWNERS of a folder on this machine, read as a host reads that of a commit: no link is followed.

import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CodeownersFile, codeownersPlaces, maxCodeownersBytes } from '../../formats/codeowners/file.ts';

/** Null if none of the places has anything. */
export async function localCodeowners(folder: string): Promise<CodeownersFile | null> {
  for (const file of codeownersPlaces) {
    const path = join(folder, file);
    const found = await lstat(path).catch(() => null);
    if (found === null) continue;
    if (!found.isFile())
      return { file, problem: `is ${found.isSymbolicLink() ? 'a symbolic link' : 'a folder'}; it must be a file` };
    if (found.size > maxCodeownersBytes) return { file, problem: 'is larger than 3 MiB' };
    const content = await readFile(path).catch(() => null);
    if (content === null) return { file, problem: 'cannot be read' };
    try {
      return { file, text: new TextDecoder('utf-8', { fatal: true }).decode(content) };
    } catch {
      return { file, problem: 'is not UTF-8' };
    }
  }
  return null;
}
