// Trees that were green on this host, by the key of their verification: from verifications, which often cover the target
// that the next run begins with, and from trials before runs.

import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { VerifyHost } from './verify-host.ts';

type Memory = Pick<VerifyHost, 'home' | 'worktrees'>;

/** A verdict expires, because what it was made with may change unnoticed. */
const oldestMs = 24 * 3600_000;

/** The log of the green verdict; null = none is known. */
export async function readGreen(host: Memory, key: string): Promise<string | null> {
  const path = pathOf(host, key);
  return (await isTooOld(path)) ? null : readFile(path, 'utf8').catch(() => null);
}

/** Also removes expired verdicts. */
export async function rememberGreen(host: Memory, key: string, log: string): Promise<void> {
  const folder = folderOf(host);
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (await isTooOld(path)) await rm(path, { force: true });
  }
  await writeFile(pathOf(host, key), log);
}

async function isTooOld(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  return found !== null && found.mtimeMs < Date.now() - oldestMs;
}

function folderOf({ home }: Memory): string {
  return join(home, 'tries');
}

/** A program that was installed or upgraded on this host makes its verdicts void. */
function pathOf(host: Memory, key: string): string {
  const name = createHash('sha256')
    .update(JSON.stringify([key, host.worktrees.hostStamp()]))
    .digest('hex');
  return join(folderOf(host), name.slice(0, 32));
}
