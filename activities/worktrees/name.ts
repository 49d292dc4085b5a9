// Names of worktrees, `<label>.<pid>.<start time of the process>.<n>`: the name alone tells which process made a
// worktree, and if it is still alive.

import { readFileSync } from 'node:fs';

let made = 0;

export function newName(label: string): string {
  const safe = label.replaceAll(/[^a-z0-9-]/g, '-').slice(0, 120);
  return `${safe}.${process.pid}.${startTime(process.pid) ?? 0}.${++made}`;
}

export function ownerLives(name: string): boolean {
  const [, pid, start] = /\.(\d+)\.(\d+)\.\d+$/.exec(name) ?? [];
  return pid !== undefined && startTime(Number(pid)) === Number(start);
}

/** In clock ticks since boot; distinguishes a process from a later one with the same id. */
function startTime(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  } catch {
    return null;
  }
}
