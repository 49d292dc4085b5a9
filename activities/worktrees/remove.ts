// Removes trees with untrusted content: however deep they are, whatever their owner locked, and at once out of the way.
// If a process dies, its trash is removed when its host starts again.

import { execFile } from 'node:child_process';
import { mkdir, rename } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf } from '../../domain/errors.ts';

const exec = promisify(execFile);

/** Uses `rm -rf`, because Node's own removal overflows on deep trees. Unlocks folders if needed. */
export async function removeTree(path: string): Promise<void> {
  try {
    await exec('rm', ['-rf', '--', path]);
  } catch {
    await exec('chmod', ['-R', 'u+rwX', '--', path]).catch(() => undefined);
    await exec('rm', ['-rf', '--', path]);
  }
}

/** A short wait, so that paths discarded together are removed together. */
const lullMs = 200;
const pending: string[] = [];
let emptying: Promise<void> | null = null;

/** Moves `path` into the home's trash, which is emptied in the background. A missing path is fine. */
export async function discard(home: string, path: string): Promise<void> {
  const trash = join(home, 'trash');
  await mkdir(trash, { recursive: true, mode: 0o700 });
  const gone = join(trash, randomUUID());
  try {
    await rename(path, gone);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    return removeTree(path);
  }
  removeLater(gone);
}

/** Runs at low priority; what cannot be removed now is tried again at the next start. */
export function removeLater(path: string): void {
  pending.push(path);
  emptying ??= emptyTrash().finally(() => (emptying = null));
}

async function emptyTrash(): Promise<void> {
  while (pending.length > 0) {
    await sleep(lullMs);
    const gone = pending.splice(0, 500);
    await exec('nice', ['-n', '19', 'rm', '-rf', '--', ...gone]).catch(async () => {
      for (const path of gone) await removeTree(path).catch(() => undefined);
    });
  }
}

/** Resolves when everything discarded so far is gone. */
export async function trashEmptied(): Promise<void> {
  await emptying;
}
