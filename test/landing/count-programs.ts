// Which programs this process starts during a piece of work: their cost is most of what landing costs.

import type { ChildProcess } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

/** Names of git's commands, and of other programs, in the order in which they were started. */
export async function programsOf(work: () => Promise<unknown>): Promise<string[]> {
  const started: ChildProcess[] = [];
  // Node gives each new child to this channel before it starts.
  const onChild = (message: unknown) => void started.push((message as { process: ChildProcess }).process);
  subscribe('child_process', onChild);
  try {
    await work();
  } finally {
    unsubscribe('child_process', onChild);
  }
  return started
    .map(({ spawnfile, spawnargs }) => (spawnfile === 'git' ? commandOf(spawnargs.slice(1)) : spawnfile))
    .filter((name) => !resident.has(name));
}

/** Settings may come before the command. */
function commandOf([first = '', , ...rest]: readonly string[]): string {
  return first === '-c' ? commandOf(rest) : first;
}

/**
 * Started once in a while, and shared by everything: the reader of objects, what holds a lock between processes, and the
 * upkeep.
 */
const resident = new Set(['cat-file', 'flock', 'repack', 'commit-graph', 'pack-refs']);
