// Keeps small what git has to look through: every fetch leaves a pack and every checkpoint loose objects and a ref, and
// each push and fetch reads all of them. In the background, behind everything else; git's own locks keep it apart from
// what happens meanwhile. Objects only move into packs: none is dropped, reachable or not.

import { runGit } from '../../git/run-git.ts';

export interface UpkeepOptions {
  /** GIT_DIRs; the mirror has the target's history, and its commit-graph. */
  readonly mirror: string;
  readonly state: string;
  /** Milliseconds between two rounds at least, the first after as long. */
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

  /** To be called when something came in; starts a round when one is due. */
  grown(): void {
    if (this.running || Date.now() < this.dueAt) return;
    this.running = true;
    this.round()
      // A host works without it, only slower.
      .catch((error: unknown) => this.options.log.warn(`repositories were not packed: ${String(error)}`))
      .finally(() => {
        this.running = false;
        this.dueAt = Date.now() + this.options.everyMs;
      });
  }

  private async round(): Promise<void> {
    const { mirror, state } = this.options;
    const lowPriority = true;
    // Geometric: packs are joined by size, so that a large one is seldom written again.
    const repack = ['repack', '--geometric=2', '-d', '-l', '--quiet'];
    await runGit(mirror, repack, { lowPriority });
    await runGit(mirror, ['commit-graph', 'write', '--reachable', '--split'], { lowPriority });
    // After the mirror: what that has, the state repository need not keep again.
    await runGit(state, repack, { lowPriority });
    // The mirror's few refs are left alone. At full speed, because it holds locks that fetches wait for only shortly.
    await runGit(state, ['pack-refs', '--all']);
  }
}
