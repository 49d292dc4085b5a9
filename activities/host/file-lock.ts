// A lock across processes that is always released: the kernel's flock, held by a child that ends when this process
// does, however it dies. Serialises what git cannot do twice at once in one repository (fetches). A process keeps the
// lock for a second after use if no other process waits, because taking it costs three programs and is rarely contended.

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';

/** How often to look if another process waits for an unused lock. */
const lookEveryMs = 100;
/** How long to keep an unused lock if none does, and the longest that a busy process keeps it from others. */
const mostMs = 1_000;

const locks = new Map<string, FileLock>();

/**
 * Runs `work` while no other caller, in this or another process, holds the lock on `path` (a file that is created if
 * missing, and never removed). Calls run in order.
 */
export function withFileLock<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  const lock = locks.get(path) ?? new FileLock(path);
  locks.set(path, lock);
  return lock.run(work);
}

class FileLock {
  private readonly path: string;
  private turns: Promise<unknown> = Promise.resolve();
  private held: { readonly holder: Holder; readonly since: number } | null = null;
  private linger: NodeJS.Timeout | undefined;

  constructor(path: string) {
    this.path = path;
  }

  run<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.queue(async () => {
      clearTimeout(this.linger);
      await this.take();
      try {
        return await work();
      } finally {
        this.lookLater(performance.now());
      }
    });
  }

  private lookLater(usedAt: number): void {
    const look = async (): Promise<void> => {
      const isIdle = performance.now() - usedAt >= mostMs;
      if (isIdle || (await isWaitedFor(this.path))) await this.release();
      else this.lookLater(usedAt);
    };
    this.linger = setTimeout(() => void this.queue(look), lookEveryMs);
  }

  private queue<Result>(turn: () => Promise<Result>): Promise<Result> {
    const taken = this.turns.then(turn);
    this.turns = taken.catch(() => undefined);
    return taken;
  }

  private async take(): Promise<void> {
    const held = this.held;
    if (held !== null && !hasEnded(held.holder) && performance.now() - held.since < mostMs) return;
    await this.release();
    this.held = { holder: await hold(this.path), since: performance.now() };
  }

  private async release(): Promise<void> {
    const holder = this.held?.holder;
    this.held = null;
    if (holder === undefined || hasEnded(holder)) return;
    holder.stdin.destroy();
    await once(holder, 'close');
  }
}

type Holder = ChildProcessByStdio<Writable, Readable, null>;

function hasEnded({ exitCode, signalCode }: Holder): boolean {
  return (exitCode ?? signalCode) !== null;
}

async function hold(path: string): Promise<Holder> {
  const holder = spawn('flock', ['--exclusive', path, 'sh', '-c', 'echo locked; exec cat >/dev/null'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    // Not in our process group: Ctrl-C must not release the lock while work is still finishing.
    detached: true,
  });
  const [first] = (await Promise.race([once(holder.stdout, 'data'), once(holder, 'close')])) as [unknown];
  if (!Buffer.isBuffer(first)) throw new Error(`cannot lock ${path}: flock ended`);
  return holder;
}

/** True also if the kernel does not say: lines of processes that wait have an arrow (proc_locks(5)). */
async function isWaitedFor(path: string): Promise<boolean> {
  try {
    const { ino } = await stat(path);
    const lines = (await readFile('/proc/locks', 'utf8')).split('\n');
    return lines.some((line) => line.includes('-> FLOCK') && line.includes(`:${ino} `));
  } catch {
    return true;
  }
}
