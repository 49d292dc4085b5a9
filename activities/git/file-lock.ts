// A lock that holds across processes and cannot be left behind: the kernel's flock, held by a child that ends when this
// process does, however it dies. Serialises what git cannot do twice at once in one repository (worktree add, fetch).

import { once } from 'node:events';
import { spawn } from 'node:child_process';

/** Runs `work` while no other process holds the lock on `path` (a file that is made when missing, never removed). */
export async function withFileLock<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  const holder = spawn('flock', ['--exclusive', path, 'sh', '-c', 'echo locked; exec cat >/dev/null'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    // Not in our process group: a Ctrl-C must not release the lock under work that is still finishing.
    detached: true,
  });
  const ended = once(holder, 'close');
  try {
    const [first] = (await Promise.race([once(holder.stdout, 'data'), ended])) as [unknown];
    if (!Buffer.isBuffer(first)) throw new Error(`cannot lock ${path}: flock ended`);
    return await work();
  } finally {
    holder.stdin.destroy();
    await ended;
  }
}
