// Files that a sandbox has made for the host.

import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { failure } from '../../../contracts/failures.ts';

const largestBytes = 256 * 1024 * 1024;

/** Reads a regular file, never through a link, and not larger than allowed. Throws `SnapshotRefused`. */
export async function readProduct(path: string): Promise<Buffer> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = await file.stat();
    if (!stat.isFile() || stat.size > largestBytes) throw failure('SnapshotRefused', 'the snapshot is not usable');
    return await file.readFile();
  } finally {
    await file.close();
  }
}
