// Keeps git's searches short. Every fetch adds a pack, and every checkpoint adds loose objects and a ref; each push and
// fetch reads them all. Runs in the background at low priority; git's own locks protect it from concurrent work.
// Objects only move into packs: none is dropped, reachable or not.

import { runGit } from '../../git/run-git.ts';

export interface UpkeepOptions {
  /** GIT_DIRs. The mirror holds the target's history and its commit-graph. */
  readonly mirror: string;
  readonly state: string;
  /** Minimum milliseconds between two rounds, and before the first. */
  readonly everyMs: number;
  readonly log: { warn(message: string): void };
}

export class Upkeep {
  private readonly options: UpkeepOptions;
  private dueAt: number;
  private running = false;

  constructor(options: UpkeepOptions) {
    this.options = options;
    this.dueAt = Date.now() + options.everyMs;
  }

  /** Call after a fetch or push has added something; starts a round if one is due. */
  grown(): void {
    if (this.running || Date.now() < this.dueAt) return;
    this.running = true;
    this.round()
      // A host works without it, only more slowly.
      .catch((error: unknown) => this.options.log.warn(`repositories were not packed: ${String(error)}`))
      .finally(() => {
        this.running = false;
        this.dueAt = Date.now() + this.options.everyMs;
      });
  }

  private async round(): Promise<void> {
    const { mirror, state } = this.options;
    const lowPriority = true;
    // Geometric: packs are merged by size, so that a large one is seldom rewritten.
    const repack = ['repack', '--geometric=2', '-d', '-l', '--quiet'];
    await runGit(mirror, repack, { lowPriority });
    await runGit(mirror, ['commit-graph', 'write', '--reachable', '--split'], { lowPriority });
    // After the mirror, because the state repository need not keep what the mirror has.
    await runGit(state, repack, { lowPriority });
    // The mirror's few refs stay loose. At normal priority, because fetches wait only briefly for its locks.
    await runGit(state, ['pack-refs', '--all']);
  }
}
