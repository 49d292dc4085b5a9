// Opens a text in the person's editor, as git does: $VISUAL, then $EDITOR, then vi. The file stays where it is until the
// text has been taken, so that nothing that was written is lost.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failure } from '../../contracts/failures.ts';

export interface EditedFile {
  readonly path: string;
  /** Opens the editor, and returns the text when it has ended. Throws `Refused` if the editor fails. */
  edit(): Promise<string>;
  remove(): Promise<void>;
}

export async function openInEditor(name: string, text: string, env: NodeJS.ProcessEnv): Promise<EditedFile> {
  const folder = await mkdtemp(join(tmpdir(), 'coppice-edit-'));
  const path = join(folder, name);
  await writeFile(path, text, { mode: 0o600 });
  return {
    path,
    async edit() {
      const editor = env['VISUAL'] || env['EDITOR'] || 'vi';
      // An editor may come with options, and so is a shell command.
      const child = spawn('sh', ['-c', `${editor} "$1"`, 'sh', path], { stdio: ['inherit', 2, 2] });
      const [code] = (await once(child, 'close')) as [number | null];
      if (code !== 0)
        throw failure('Refused', `the editor (${editor}) ended with ${code ?? 'a signal'}`, {
          hint: `Nothing was changed. What you wrote is in ${path}.`,
        });
      return readFile(path, 'utf8');
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
