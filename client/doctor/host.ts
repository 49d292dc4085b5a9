// This machine as a host, for `coppice doctor`: what a worker would find here, without starting one or leaving anything
// behind. Reads the environment as a worker would.

import { access, constants } from 'node:fs/promises';
import { freeDisk } from '../../activities/host/disk.ts';
import { dirname } from 'node:path';
import { totalmem } from 'node:os';
import type { Finding } from '../../domain/doctor/finding.ts';
import { codeOf } from '../../domain/errors.ts';
import { defaultSlots } from '../../workers/slots.ts';
import { fail, judgeDisk, judgeGit, judgeMemory } from '../../domain/doctor/finding.ts';
import { gitText } from '../../git/run-git.ts';

export async function checkGit(): Promise<Finding> {
  try {
    return judgeGit(await gitText(null, ['--version'], { timeoutMs: 5_000 }));
  } catch (error) {
    const why = codeOf(error) === 'ENOENT' ? 'not on PATH' : String(error);
    return fail(why, 'Install git 2.38 or later.');
  }
}

export async function checkDisk(home: string): Promise<Finding> {
  const folder = await nearestFolder(home);
  const writable = await access(folder, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  return judgeDisk(home, await freeDisk(folder), writable);
}

/** The folder itself or, if it does not exist, the nearest parent that does. */
async function nearestFolder(path: string): Promise<string> {
  const exists = await access(path).then(
    () => true,
    () => false,
  );
  return exists || path === '/' ? path : nearestFolder(dirname(path));
}

export function checkMemory(): Finding {
  return judgeMemory(totalmem(), process.availableMemory(), defaultSlots());
}
