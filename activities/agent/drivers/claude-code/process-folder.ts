// A Claude Code process's files on the host, in the session's folder: the model's socket, its home with the transcript
// that it continues, and a file for its stderr that nothing in the sandbox can replace.

import { chmod, mkdir, mkdtemp, open, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Mount } from '../../../sandbox/mount.ts';
import type { SessionPlace } from '../contract.ts';
import { claudeCodeHome, errorsFile, modelFolder, socketName, transcriptPath } from './environment.ts';

const shownBytes = 2000;

export interface ProcessFolder {
  readonly socket: string;
  readonly mounts: readonly Mount[];
  /** The end of the process's stderr. */
  errors(): Promise<Buffer>;
}

/** `id` is Claude Code's session id; `transcript` is empty for a new session. */
export async function makeProcessFolder(
  { folder, sandbox }: SessionPlace,
  id: string,
  transcript: string,
): Promise<ProcessFolder> {
  const own = await mkdtemp(join(folder, 'claude-code-'));
  const [model, home, errors] = [join(own, 'model'), join(own, 'home'), join(own, 'errors')];
  await mkdir(model);
  await chmod(model, 0o755);
  const file = join(home, transcriptPath(id));
  await mkdir(dirname(file), { recursive: true });
  if (transcript !== '') await writeFile(file, transcript);
  await writeFile(errors, '');
  for (const given of [home, errors]) await sandbox.giveTo(given);
  return {
    socket: join(model, socketName),
    mounts: [
      { type: 'bind', source: model, target: modelFolder, writable: false },
      { type: 'bind', source: home, target: claudeCodeHome, writable: true },
      { type: 'bind', source: errors, target: errorsFile, writable: true },
    ],
    async errors() {
      const handle = await open(errors, 'r');
      try {
        const { size } = await handle.stat();
        const { buffer, bytesRead } = await handle.read(
          Buffer.alloc(shownBytes),
          0,
          shownBytes,
          Math.max(0, size - shownBytes),
        );
        return buffer.subarray(0, bytesRead);
      } finally {
        await handle.close();
      }
    },
  };
}
