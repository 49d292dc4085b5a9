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
  readonly #options: UpkeepOptions;
  #dueAt: number;
  #running = false;

  constructor(options: UpkeepOptions) {
    this.#options = options;
    this.#dueAt = Date.now() + options.everyMs;
  }

  /** To be called when something came in; starts a round when one is due. */
  grown(): void {
    if (this.#running || Date.now() < this.#dueAt) return;
    this.#running = true;
    this.#round()
      // A host works without it, only slower.
      .catch((error: unknown) => this.#options.log.warn(`repositories were not packed: ${String(error)}`))
      .finally(() => {
        this.#running = false;
        this.#dueAt = Date.now() + this.#options.everyMs;
      });
  }

  async #round(): Promise<void> {
    const { mirror, state } = this.#options;
    const lowPriority = true;
    // The mirror first: what it has, the state repository need not keep again.
    for (const gitDir of [mirror, state]) {
      // Geometric: packs are joined by size, so that a large one is seldom written again.
      await runGit(gitDir, ['repack', '--geometric=2', '-d', '-l', '--quiet'], { lowPriority });
      await runGit(gitDir, ['pack-refs', '--all'], { lowPriority });
    }
    await runGit(mirror, ['commit-graph', 'write', '--reachable', '--split'], { lowPriority });
  }
}
