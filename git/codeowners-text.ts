// The CODEOWNERS that counts at a commit.

import { type CodeownersFile, codeownersPlaces, maxCodeownersBytes } from '../formats/codeowners/file.ts';
import { readTextFile } from './text-file.ts';

/** `commit` is an id, or a ref's full name. Null if none of the places has anything. */
export async function findCodeowners(gitDir: string, commit: string): Promise<CodeownersFile | null> {
  const most = { bytes: maxCodeownersBytes, words: '3 MiB' };
  for (const file of codeownersPlaces) {
    const found = await readTextFile(gitDir, commit, { path: file, most });
    if (found !== null) return { file, ...found };
  }
  return null;
}
