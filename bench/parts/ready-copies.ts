// Waits for a worker's pool, so that a measurement begins with a prepared worktree and nothing in the background.

import { globSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves when the pool has a copy and has not been making more for a second. `home`: of the worker. */
export async function readyCopies(home: string): Promise<void> {
  for (let quietFor = 0; quietFor < 1000; quietFor += 100) {
    const copies = globSync('pool/*/*/ready/*', { cwd: home });
    const busy = globSync('worktrees/*', { cwd: home }).length > 0 || copies.some((name) => name.endsWith('.part'));
    if (copies.length === 0 || busy) quietFor = 0;
    await sleep(100);
  }
}
