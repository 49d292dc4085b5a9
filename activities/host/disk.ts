// Disk of this host: the size of folders, and the free space.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { statfs } from 'node:fs/promises';

/** Total bytes on disk; links are not followed. Files that come and go during the count do not matter. */
export async function diskUse(...paths: readonly string[]): Promise<number> {
  if (paths.length === 0) return 0;
  const counted = await promisify(execFile)('du', ['-sc', '--block-size=1', '--', ...paths], {
    maxBuffer: 2 ** 24,
  }).catch((error: unknown) => error as { stdout?: string });
  return Number.parseInt(counted.stdout?.trim().split('\n').at(-1) ?? '', 10) || 0;
}

/** Bytes that this process may still write at `path`. */
export async function freeDisk(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}
