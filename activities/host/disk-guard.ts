// Keeps one session from taking a host's disk from all others: when little is left while commands run, the command of the
// session whose files take the most of it is ended, and its agent is told why. There is no quota that a worker could set
// for a folder; this looks every second, and only while something runs.

import { diskUse } from './disk.ts';
import type { Sandbox, SandboxCommand, SandboxResult } from '../sandbox/contract.ts';
import type { FreeSpace } from './room.ts';
import { wrapped } from '../sandbox/wrapped.ts';

const everyMs = 1_000;
/** The room that work needs to begin, divided by this, must stay free for work that has begun. */
const share = 4;

interface Running {
  readonly folders: readonly string[];
  readonly end: AbortController;
  /** Set when it was ended: MiB that its files took. */
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
  /** Whether the look before this one ended somebody. */
  private hasEnded = false;

  constructor(room: DiskGuardParts) {
    this.room = room;
  }

  /** The same sandbox, whose commands write into `folders` of this host. */
  over(sandbox: Sandbox, folders: readonly string[]): Sandbox {
    return wrapped(sandbox, (command) => this.run(sandbox, command, folders));
  }

  private async run(sandbox: Sandbox, command: SandboxCommand, folders: readonly string[]): Promise<SandboxResult> {
    const running: Running = { folders, end: new AbortController(), tookMb: null };
    const signals = [running.end.signal, ...(command.signal === undefined ? [] : [command.signal])];
    this.running.add(running);
    // A host that cannot be looked at is guarded again when it can.
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

  /** What takes the disk is not in sight: deleted files that a command keeps open, say. They go with it. */
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
