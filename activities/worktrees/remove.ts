// Removing trees that anybody may have written: however deep they are, whatever their owner forbade, and out of the way
// at once where somebody waits. What a process that dies leaves in the trash goes when its host starts again.

import { execFile } from 'node:child_process';
import { mkdir, rename } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf } from '../../domain/errors.ts';

const exec = promisify(execFile);

/** `rm -rf`: Node's own removal overflows on deep trees. Folders that their owner locked are opened first. */
export async function removeTree(path: string): Promise<void> {
  try {
    await exec('rm', ['-rf', '--', path]);
  } catch {
    await exec('chmod', ['-R', 'u+rwX', '--', path]).catch(() => undefined);
    await exec('rm', ['-rf', '--', path]);
  }
}

/** What comes together goes together. */
const lullMs = 200;
const pending: string[] = [];
let emptying: Promise<void> | null = null;

/** Moves `path` into the home's trash, which is emptied in the background. Nothing there is fine. */
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

/** Behind everything else that runs; what cannot be removed now is tried at the next start. */
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

/** When what was discarded so far is gone. */
export async function trashEmptied(): Promise<void> {
  await emptying;
}
