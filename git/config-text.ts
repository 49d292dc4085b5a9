// The text of `coppice.yaml` at a commit. If it exists but cannot be read, that is an error, for clients and hosts
// alike: unreadable rules must not turn into rules that allow everything.

import { failure } from '../contracts/failures.ts';
import { maxConfigBytes } from '../formats/config-file/config-file.ts';
import { readTextFile } from './text-file.ts';

const name = 'coppice.yaml';

/**
 * `commit` is an id, or a ref's full name. Null if there is no such file. Throws `BadConfig` for a link, a folder, a
 * submodule, a file of more than 256 KiB, or one that is not UTF-8.
 */
export async function readConfigText(gitDir: string, commit: string): Promise<string | null> {
  const most = { bytes: maxConfigBytes, words: '256 KiB' };
  const found = await readTextFile(gitDir, commit, { path: name, most });
  if (found?.problem !== undefined) throw failure('BadConfig', `${name} on the target branch ${found.problem}`);
  return found?.text ?? null;
}
