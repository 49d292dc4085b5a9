// What a process of Claude Code has on the host, below the session's folder: the socket of its model, and its home, with
// the transcript of the session it goes on with.

import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Mount } from '../../sandbox/contract.ts';
import type { SessionPlace } from '../contract.ts';
import { claudeCodeHome, modelFolder, socketName, transcriptPath } from './environment.ts';

export interface ProcessFolder {
  readonly socket: string;
  readonly mounts: readonly Mount[];
}

/** `transcript` is empty for a session that has not begun. */
export async function makeProcessFolder(
  { folder, sandbox }: SessionPlace,
  { id, transcript }: { readonly id: string; readonly transcript: string },
): Promise<ProcessFolder> {
  const own = await mkdtemp(join(folder, 'claude-code-'));
  const [model, home] = [join(own, 'model'), join(own, 'home')];
  await mkdir(model);
  const file = join(home, transcriptPath(id));
  await mkdir(dirname(file), { recursive: true });
  if (transcript !== '') await writeFile(file, transcript);
  await sandbox.giveTo(home);
  return {
    socket: join(model, socketName),
    mounts: [
      { type: 'bind', source: model, target: modelFolder, writable: false },
      { type: 'bind', source: home, target: claudeCodeHome, writable: true },
    ],
  };
}
