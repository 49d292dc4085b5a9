// A cache of what happened to the last few thousand clicks. It gives no guarantee: the workflows do that.

import type { SendOutcome } from '../../medium.ts';

const kept = 5_000;

export class RecentClicks {
  private readonly outcomes = new Map<string, Promise<SendOutcome>>();

  /** What a click came to, or will; undefined = not seen, or it failed and may be tried again. */
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
