// A session's private places on the host for the time of one slice: its /tmp, and the state of its shell (working
// directory and exported variables) between calls, which belong to the sandboxed user and which the worker never reads;
// and long outputs and versions of files in conflict, which the worker writes and the session only reads.

import { mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { Mount } from '../../sandbox/mount.ts';
import type { Sandbox } from '../../sandbox/contract.ts';
import { conflictsFolder } from './conflict-files.ts';
import { LongOutputs, outputsFolder } from '../tools/long-outputs.ts';
import { discard } from '../../worktrees/remove.ts';

/** Where the shell's state is inside the sandbox. */
export const shellFolder = '/run/coppice-shell';

export interface SessionFolder {
  readonly path: string;
  readonly mounts: readonly Mount[];
  readonly outputs: LongOutputs;
  /** For the versions of files in conflict. */
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
