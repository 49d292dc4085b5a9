// Keeps one session from filling a host's disk. If the disk is nearly full while commands run, the command of the
// session with the largest files is ended, and its agent is told why. A worker cannot set a quota for a folder;
// instead, this checks every second while commands run.

import { diskUse } from './disk.ts';
import type { Sandbox, SandboxCommand, SandboxResult } from '../sandbox/contract.ts';
import type { FreeSpace } from './room.ts';
import { wrapped } from '../sandbox/wrapped.ts';

const everyMs = 1_000;
/** Of the free space that new work needs, one part in `share` must stay free for running work. */
const share = 4;

interface Running {
  readonly folders: readonly string[];
  readonly end: AbortController;
  /** MiB of its files, once it has been ended; null = not ended. */
  tookMb: number | null;
}

export interface DiskGuardParts {
  readonly floor: FreeSpace;
  measure(): Promise<FreeSpace>;
}

export class DiskGuard {
  private readonly room: DiskGuardParts;
  private readonly running = new Set<Running>();
  private timer: NodeJS.Timeout | undefined;
  private looking = false;
  /** True if the previous look ended a command. */
  private hasEnded = false;

  constructor(room: DiskGuardParts) {
    this.room = room;
  }

  /** The same sandbox, guarded; its commands write into `folders` on this host. */
  over(sandbox: Sandbox, folders: readonly string[]): Sandbox {
    return wrapped(sandbox, (command) => this.run(sandbox, command, folders));
  }

  private async run(sandbox: Sandbox, command: SandboxCommand, folders: readonly string[]): Promise<SandboxResult> {
    const running: Running = { folders, end: new AbortController(), tookMb: null };
    const signals = [running.end.signal, ...(command.signal === undefined ? [] : [command.signal])];
    this.running.add(running);
    // If the disk cannot be measured now, the next look tries again.
    this.timer ??= setInterval(() => void this.look().catch(() => undefined), everyMs);
    try {
      const result = await sandbox.run({ ...command, signal: AbortSignal.any(signals) });
      if (running.tookMb === null || result.status !== 'cancelled' || command.signal?.aborted === true) return result;
      const why = `the host, which has no disk left: the files of this session take ${running.tookMb} MiB, as far as they can be seen; remove what is not needed`;
      return { ...result, status: 'killed', signal: why };
    } finally {
      this.running.delete(running);
      if (this.running.size === 0) {
        clearInterval(this.timer);
        this.timer = undefined;
      }
    }
  }

  private async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    try {
      const { diskMb } = await this.room.measure();
      const isFull = diskMb < this.room.floor.diskMb / share;
      if (isFull && this.hasEnded) this.endAll();
      else if (isFull) await this.endLargest();
      this.hasEnded = isFull && !this.hasEnded;
    } finally {
      this.looking = false;
    }
  }

  /**
   * Ends every command: the disk is taken by files that cannot be measured, such as deleted ones that a command keeps
   * open. They go with the command.
   */
  private endAll(): void {
    for (const running of this.running) {
      running.tookMb ??= 0;
      running.end.abort();
    }
  }

  private async endLargest(): Promise<void> {
    const sizes = await Promise.all(
      [...this.running].map(async (running) => ({
        running,
        megabytes: Math.ceil((await diskUse(...running.folders)) / 2 ** 20),
      })),
    );
    const largest = sizes.toSorted((a, b) => b.megabytes - a.megabytes)[0];
    if (largest === undefined || !this.running.has(largest.running)) return;
    largest.running.tookMb = largest.megabytes;
    largest.running.end.abort();
  }
}
