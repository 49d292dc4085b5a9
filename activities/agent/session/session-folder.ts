// A session's private folders on the host, for one slice. Its /tmp and its shell state (working directory and exported
// variables) belong to the sandboxed user; the worker never reads them. Long outputs and the versions of conflicting
// files are written by the worker; the session only reads them.

import { mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { Mount } from '../../sandbox/mount.ts';
import type { Sandbox } from '../../sandbox/contract.ts';
import { conflictsFolder } from './conflict-files.ts';
import { LongOutputs, outputsFolder } from '../tools/long-outputs.ts';
import { discard } from '../../worktrees/remove.ts';

/** Folder of the shell state inside the sandbox. */
export const shellFolder = '/run/coppice-shell';

export interface SessionFolder {
  readonly path: string;
  readonly mounts: readonly Mount[];
  readonly outputs: LongOutputs;
  /** Folder for the versions of conflicting files. */
  readonly conflicts: string;
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
  const outputs = join(folder, 'outputs');
  const conflicts = join(folder, 'conflicts');
  for (const shown of [outputs, conflicts]) await mkdir(shown, { mode: 0o755 });
  return {
    path: folder,
    outputs: new LongOutputs(outputs),
    conflicts,
    mounts: [
      { type: 'bind', source: places.tmp, target: '/tmp', writable: true },
      { type: 'bind', source: places.shell, target: shellFolder, writable: true },
      { type: 'bind', source: outputs, target: outputsFolder, writable: false },
      { type: 'bind', source: conflicts, target: conflictsFolder, writable: false },
    ],
    remove: () => discard(home, folder),
  };
}
