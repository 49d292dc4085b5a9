// One pusher per state remote and host: updates that arrive during a push go into the next one, so that many sessions
// cost few pushes. Each ref has its own lease and its own outcome.
// A remote that refuses one ref of a push may refuse them all for it (a hook that judges the push as a whole): what was
// refused together is pushed again one by one, so that only what is at fault is refused.
// Safe to run twice: pushing an id that the remote already has returns pushed or, with an old lease, stale; the caller
// then checks what is there.

import { type PushOutcome, type PushUpdate, type Remote, pushRefs } from '../../git/remote.ts';
import { failure } from '../../contracts/failures.ts';

interface Waiting {
  readonly update: PushUpdate;
  readonly resolve: (outcome: PushOutcome) => void;
  readonly reject: (error: unknown) => void;
}

export class StatePusher {
  private readonly gitDir: string;
  private readonly remote: Remote;
  private waiting: Waiting[] = [];
  private flying = false;

  constructor(gitDir: string, remote: Remote) {
    this.gitDir = gitDir;
    this.remote = remote;
  }

  push(update: PushUpdate): Promise<PushOutcome> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ update, resolve, reject });
      if (!this.flying) void this.fly();
    });
  }

  private async fly(): Promise<void> {
    this.flying = true;
    // What is pushed in the same turn goes together.
    await Promise.resolve();
    while (this.waiting.length > 0) await this.pushBatch(this.takeBatch());
    this.flying = false;
  }

  /** All waiting updates, but only the first of each ref. */
  private takeBatch(): Waiting[] {
    const refs = new Set<string>();
    const batch: Waiting[] = [];
    const later: Waiting[] = [];
    for (const waiting of this.waiting) {
      (refs.has(waiting.update.ref) ? later : batch).push(waiting);
      refs.add(waiting.update.ref);
    }
    this.waiting = later;
    return batch;
  }

  private async pushBatch(batch: readonly Waiting[]): Promise<void> {
    try {
      const updates = batch.map(({ update }) => update);
      const outcomes = await pushRefs(this.gitDir, this.remote, updates);
      const again = batch.length === 1 ? [] : updates.filter(({ ref }) => outcomes.get(ref)?.status === 'refused');
      for (const update of again) {
        const alone = await pushRefs(this.gitDir, this.remote, [update]);
        for (const [ref, outcome] of alone) outcomes.set(ref, outcome);
      }
      for (const { update, resolve, reject } of batch) {
        const outcome = outcomes.get(update.ref);
        if (outcome === undefined) reject(failure('GitFailed', `the state remote gave no answer for ${update.ref}`));
        else resolve(outcome);
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
