// Processes of this machine by their number: whether one lives, and how it ends. Numbers are used again, so what must be
// sure of one process also compares its start (activities/worktrees/name.ts).

import { codeOf } from '../domain/errors.ts';

/** Also when it belongs to somebody else. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** Kills a process. Nothing happens when it has ended already or belongs to somebody else. */
export function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // There is nothing to kill, or nothing that we may.
  }
}

/** Kills a process that leads a group, and all of its group. */
export function killGroup(leader: number | undefined): void {
  if (leader !== undefined) killProcess(-leader);
}
