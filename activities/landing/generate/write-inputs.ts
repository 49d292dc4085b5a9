// Writes the inputs of a command as regular files into an empty folder. Links of the repository are not made: what they
// lead to was read from git objects (command-inputs.ts).

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { InputFile } from './command-inputs.ts';
import { failure } from '../../../contracts/failures.ts';
import { readObject } from '../../../git/object-reader.ts';

export async function writeInputs(state: string, inputs: readonly InputFile[], folder: string): Promise<void> {
  for (const { path, mode, id } of inputs) {
    const at = join(folder, path);
    if (!at.startsWith(`${folder}/`)) throw failure('GitFailed', `a tree has a path that leads out of it: ${path}`);
    const content = id === null ? '' : (await readObject(state, id))?.content;
    if (content === undefined) throw failure('GitFailed', `there is no object ${String(id)}`);
    await mkdir(dirname(at), { recursive: true, mode: 0o755 });
    await writeFile(at, content, { flag: 'wx', mode: mode === '100755' ? 0o755 : 0o644 });
  }
}
