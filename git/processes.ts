// Processes of this machine by pid: if one is alive, and how to kill it. Pids are reused, so code that must be sure of
// a process also compares its start time (activities/worktrees/name.ts).

import { codeOf } from '../domain/errors.ts';

/** True also for a process of another user. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** Kills a process. Does nothing if it has ended already or belongs to another user. */
export function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // There is no such process, or we may not kill it.
  }
}

/** Kills a process group by its leader. */
export function killGroup(leader: number | undefined): void {
  if (leader !== undefined) killProcess(-leader);
}
