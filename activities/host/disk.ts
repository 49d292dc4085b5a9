// Disk of this host: what folders take, and what is free.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { statfs } from 'node:fs/promises';

/** Bytes on disk of all of them together; no link is followed. What comes and goes while it is counted does not matter. */
export async function diskUse(...paths: readonly string[]): Promise<number> {
  if (paths.length === 0) return 0;
  const counted = await promisify(execFile)('du', ['-sc', '--block-size=1', '--', ...paths], {
    maxBuffer: 2 ** 24,
  }).catch((error: unknown) => error as { stdout?: string });
  return Number.parseInt(counted.stdout?.trim().split('\n').at(-1) ?? '', 10) || 0;
}

/** Bytes that this process may still write where `path` is. */
export async function freeDisk(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}
