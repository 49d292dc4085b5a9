// A cache of the outcomes of the last few thousand clicks. It guarantees nothing; the workflows do that.

import type { SendOutcome } from '../../medium.ts';

const kept = 5_000;

export class RecentClicks {
  private readonly outcomes = new Map<string, Promise<SendOutcome>>();

  /** A click's outcome, perhaps still pending; undefined = not seen, or it failed and may be retried. */
  get(decisionId: string): Promise<SendOutcome> | undefined {
    return this.outcomes.get(decisionId);
  }

  add(decisionId: string, outcome: Promise<SendOutcome>): void {
    this.outcomes.set(decisionId, outcome);
    outcome.catch(() => this.outcomes.delete(decisionId));
    for (const oldest of this.outcomes.keys()) {
      if (this.outcomes.size <= kept) return;
      this.outcomes.delete(oldest);
    }
  }
}
