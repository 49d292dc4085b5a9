// A session's private places on the host for the time of one slice: its /tmp, and the state of its shell (working
// directory and exported variables) between calls. Both belong to the sandboxed user; the worker never reads them.

import { mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { Mount, Sandbox } from '../sandbox/contract.ts';
import { discard } from '../git/remove-tree.ts';

/** Where the shell's state is inside the sandbox. */
export const shellFolder = '/run/coppice-shell';

export interface SessionFolder {
  readonly mounts: readonly Mount[];
  remove(): Promise<void>;
}

export async function makeSessionFolder(home: string, sandbox: Sandbox): Promise<SessionFolder> {
  await mkdir(join(home, 'sessions'), { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(join(home, 'sessions', 'session-'));
  const places = { tmp: join(folder, 'tmp'), shell: join(folder, 'shell') };
  for (const place of Object.values(places)) {
    await mkdir(place, { mode: 0o700 });
    await sandbox.giveTo(place);
  }
  return {
    mounts: [
      { type: 'bind', source: places.tmp, target: '/tmp', writable: true },
      { type: 'bind', source: places.shell, target: shellFolder, writable: true },
    ],
    remove: () => discard(home, folder),
  };
}
