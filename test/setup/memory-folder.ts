// vitest's global setup: temporary folders are in memory where there is plenty of it, because the tests write many small
// files. Elsewhere, and where TMPDIR says so, they are where the system has them.

import { mkdirSync, readFileSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { freemem } from 'node:os';
import { join } from 'node:path';
import { isAlive } from '../../git/processes.ts';

const memory = '/dev/shm';
const prefix = 'coppice-';
const gib = 1024 ** 3;
/** Several times what the tests hold at once. */
const folderBytes = 8 * gib;
/** For the processes as well. */
const freeBytes = 12 * gib;

export function setup(): (() => void) | undefined {
  if (process.env['TMPDIR'] !== undefined || !hasRoom()) return undefined;
  removeLeftovers();
  const folder = join(memory, `${prefix}${process.pid}`);
  mkdirSync(folder);
  process.env['TMPDIR'] = folder;
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

function hasRoom(): boolean {
  try {
    const mounts = readFileSync('/proc/mounts', 'utf8').split('\n');
    const options = mounts
      .find((line) => line.split(' ')[1] === memory)
      ?.split(' ')[3]
      ?.split(',');
    const { bavail, bsize } = statfsSync(memory);
    const mayExecute = options !== undefined && options.includes('rw') && !options.includes('noexec');
    return mayExecute && bavail * bsize >= folderBytes && freemem() >= freeBytes;
  } catch {
    return false;
  }
}

/** Of tests that were killed. */
function removeLeftovers(): void {
  for (const name of readdirSync(memory)) {
    const pid = name.startsWith(prefix) ? Number(name.slice(prefix.length)) : Number.NaN;
    if (pid > 0 && !isAlive(pid)) rmSync(join(memory, name), { recursive: true, force: true });
  }
}
